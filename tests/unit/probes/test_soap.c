/* Answers: as Windows sends them and as others might, and those that are none, each with what is wrong. */
#include "probes/soap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID "uuid:0F0E0D0C-0000-4000-8000-00000000000A"

#define SOAP    "http://www.w3.org/2003/05/soap-envelope"
#define ADDRESS "http://schemas.xmlsoap.org/ws/2004/08/addressing"
#define WSMAN   "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
#define ENUM    "http://schemas.xmlsoap.org/ws/2004/09/enumeration"
#define SHELL   "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
#define CIMV2   "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/"
#define STDREG  "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/default/StdRegProv"
#define CIM     "http://schemas.dmtf.org/wbem/wscim/1/common"
#define XSI     "http://www.w3.org/2001/XMLSchema-instance"
#define FAULT   "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"

/* An answer of Windows, as far as its body. */
#define HEADER                                                                                                         \
    "<s:Header><a:Action>http://schemas/Response</a:Action>"                                                           \
    "<a:MessageID>uuid:1D59B4B2-76A2-4A2B-9C0A-2F1F3B1C6C11</a:MessageID><a:To>" ADDRESS "/role/anonymous</a:To>"      \
    "<a:RelatesTo>" ID "</a:RelatesTo></s:Header>"
#define FRAME                                                                                                          \
    "<s:Envelope xml:lang=\"en-US\" xmlns:s=\"" SOAP "\" xmlns:a=\"" ADDRESS "\" xmlns:n=\"" ENUM                      \
    "\" xmlns:w=\"" WSMAN "\" xmlns:x=\"http://schemas.xmlsoap.org/ws/2004/09/transfer\" xmlns:rsp=\"" SHELL           \
    "\" xmlns:xsi=\"" XSI "\">"
#define ANSWER(body) FRAME HEADER "<s:Body>" body "</s:Body></s:Envelope>"

/* All that an answer gave, as a text. */
struct told {
    char text[8192];
};

__attribute__((format(printf, 2, 3))) static void tell(struct told *told, const char *format, ...)
{
    const size_t n = strlen(told->text);
    va_list arguments;

    va_start(arguments, format);
    assert_in_range(vsnprintf(told->text + n, sizeof told->text - n, format, arguments), 0, sizeof told->text - n - 1);
    va_end(arguments);
}

static void on_property(void *user, unsigned item, const char *class_name, const char *name, const char *value)
{
    tell(user, "%u/%s/%s%s%s\n", item, class_name, name, value ? "=" : " nil", value ? value : "");
}

static void on_stream(void *user, bool is_stderr, const char *bytes, size_t n)
{
    assert_true(n > 0);
    tell(user, "%s:%.*s\n", is_stderr ? "err" : "out", (int)n, bytes);
}

static const struct soap_sink sink = { on_property, on_stream };

static void tell_answer(struct told *told, const struct soap_answer *answer)
{
    static const char *const kinds[] = {
        "identity", "items", "output", "shell", "command", "streams", "done", "fault"
    };

    tell(told, "%s%s", kinds[answer->kind], answer->end ? " end" : "");
    if (answer->items)
        tell(told, " items=%u", answer->items);
    if (answer->exit_code)
        tell(told, " exit=%d", answer->exit_code);
    if (answer->fault_code)
        tell(told, " code=%u", answer->fault_code);
    if (answer->context[0])
        tell(told, " context=%s", answer->context);
    if (answer->shell[0])
        tell(told, " shell=%s", answer->shell);
    if (answer->command[0])
        tell(told, " command=%s", answer->command);
    if (answer->product[0])
        tell(told, " product=%s", answer->product);
    if (answer->fault_text[0])
        tell(told, " text=%s", answer->fault_text);
}

/* Reads an answer to ID, and tells it, or what is wrong with it. */
static int read_answer(const char *text, size_t bytes, const char *message_id, struct told *told)
{
    struct soap_answer answer, untouched;
    char why[SOAP_WHY_BYTES] = "";

    memset(&untouched, 0x5a, sizeof untouched);
    answer = untouched;
    told->text[0] = '\0';
    const int r = soap_read(text, bytes, message_id, &sink, told, &answer, why);
    if (r == 0) {
        assert_string_equal(why, "");
        tell_answer(told, &answer);
        return 0;
    }
    assert_memory_equal(&answer, &untouched, sizeof answer);
    strcpy(told->text, why);
    return r;
}

static const struct {
    const char *what, *text, *told;
} answers[] = {
    { "who Windows is",
      "<s:Envelope xml:lang=\"en-US\" xmlns:s=\"" SOAP "\"><s:Header/><s:Body><wsmid:IdentifyResponse "
      "xmlns:wsmid=\"http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd\">"
      "<wsmid:ProtocolVersion>" WSMAN "</wsmid:ProtocolVersion><wsmid:ProductVendor>Microsoft Corporation"
      "</wsmid:ProductVendor><wsmid:ProductVersion>OS: 10.0.19045 SP: 0.0 Stack: 3.0</wsmid:ProductVersion>"
      "<wsmid:SecurityProfiles><wsmid:SecurityProfileName>x</wsmid:SecurityProfileName></wsmid:SecurityProfiles>"
      "</wsmid:IdentifyResponse></s:Body></s:Envelope>",
      "identity product=Microsoft Corporation OS: 10.0.19045 SP: 0.0 Stack: 3.0" },
    { "a query's only answer",
      ANSWER("<n:EnumerateResponse><n:EnumerationContext></n:EnumerationContext><w:Items>"
             "<p:Win32_Service xmlns:p=\"" CIMV2 "Win32_Service\" xmlns:cim=\"" CIM
             "\" xsi:type=\"p:Win32_Service_Type\">"
             "<p:Name>ntrtscan</p:Name><p:State>Running</p:State><p:InstallDate xsi:nil=\"true\"/>"
             "<cim:Location xsi:nil=\"true\"/></p:Win32_Service>"
             "<p:Win32_Service xmlns:p=\"" CIMV2 "Win32_Service\" xsi:type=\"p:Win32_Service_Type\">"
             "<p:Name>tmlisten</p:Name><p:State>Stopped</p:State></p:Win32_Service>"
             "</w:Items><w:EndOfSequence/></n:EnumerateResponse>"),
      "0/Win32_Service/Name=ntrtscan\n0/Win32_Service/State=Running\n0/Win32_Service/InstallDate nil\n"
      "1/Win32_Service/Name=tmlisten\n1/Win32_Service/State=Stopped\nitems end items=2" },
    { "a query of which nothing came",
      ANSWER("<n:EnumerateResponse><n:EnumerationContext/><w:Items/><w:EndOfSequence/></n:EnumerateResponse>"),
      "items end" },
    { "a query without optimising",
      ANSWER("<n:EnumerateResponse><n:Expires>PT60S</n:Expires><n:EnumerationContext> uuid:AB-1\n"
             "</n:EnumerationContext></n:EnumerateResponse>"),
      "items context=uuid:AB-1" },
    { "the first of more",
      ANSWER("<n:EnumerateResponse><n:EnumerationContext>uuid:AB-1</n:EnumerationContext><w:Items>"
             "<w:XmlFragment><Name>a</Name></w:XmlFragment></w:Items></n:EnumerateResponse>"),
      "0//Name=a\nitems items=1 context=uuid:AB-1" },
    { "what a Pull brings",
      ANSWER("<n:PullResponse><n:EnumerationContext>uuid:AB-2</n:EnumerationContext><n:Items>"
             "<p:A xmlns:p=\"" CIMV2 "A\"><p:B>1</p:B></p:A></n:Items></n:PullResponse>"),
      "0/A/B=1\nitems items=1 context=uuid:AB-2" },
    { "a Pull that keeps the context", ANSWER("<n:PullResponse><n:Items/></n:PullResponse>"), "items" },
    { "the last of a Pull", ANSWER("<n:PullResponse><n:Items/><n:EndOfSequence/></n:PullResponse>"), "items end" },
    { "other prefixes, or none",
      "<Envelope xmlns=\"" SOAP "\"><Header><RelatesTo xmlns=\"" ADDRESS "\">" ID "</RelatesTo></Header><Body>"
      "<PullResponse xmlns=\"" ENUM "\"><Items><Win32_Service xmlns=\"" CIMV2 "Win32_Service\"><State>Running</State>"
      "</Win32_Service></Items><EndOfSequence/></PullResponse></Body></Envelope>",
      "0/Win32_Service/State=Running\nitems end items=1" },
    { "fragments",
      ANSWER("<n:PullResponse><n:Items>"
             "<w:XmlFragment><Name>ntrtscan</Name><State xsi:nil=\"1\"/><Empty></Empty><Empty/></w:XmlFragment>"
             "<w:XmlFragment xmlns:p=\"" CIMV2 "Win32_Service\"><p:Name>tmlisten</p:Name></w:XmlFragment>"
             "<w:XmlFragment><p:Win32_Service xmlns:p=\"" CIMV2 "Win32_Service\"><p:Name>tmusa</p:Name>"
             "</p:Win32_Service><More>x</More></w:XmlFragment></n:Items><n:EndOfSequence/></n:PullResponse>"),
      "0//Name=ntrtscan\n0//State nil\n0//Empty=\n0//Empty=\n1//Name=tmlisten\n2/Win32_Service/Name=tmusa\n2//More=x\n"
      "items end items=3" },
    { "arrays, nil in them too",
      ANSWER("<n:PullResponse><n:Items><w:XmlFragment><IPAddress>10.1.2.3</IPAddress><IPAddress xsi:nil=\"true\"/>"
             "<IPAddress>fe80::1</IPAddress></w:XmlFragment></n:Items><n:EndOfSequence/></n:PullResponse>"),
      "0//IPAddress=10.1.2.3\n0//IPAddress nil\n0//IPAddress=fe80::1\nitems end items=1" },
    { "moments, in either form",
      ANSWER("<n:PullResponse><n:Items><p:A xmlns:p=\"" CIMV2 "A\" xmlns:cim=\"" CIM "\"><p:When>\n <cim:Datetime>"
             "2026-11-22T10:00:00Z</cim:Datetime>\n</p:When></p:A><w:XmlFragment><When><Datetime>2026</Datetime></When>"
             "<Up><cim:Interval xmlns:cim=\"" CIM "\">P1D</cim:Interval></Up></w:XmlFragment></n:Items>"
             "<n:EndOfSequence/></n:PullResponse>"),
      "0/A/When=2026-11-22T10:00:00Z\n1//When=2026\n1//Up=P1D\nitems end items=2" },
    { "objects in objects",
      ANSWER("<n:PullResponse><n:Items><p:A xmlns:p=\"" CIMV2 "A\" xmlns:q=\"" CIMV2
             "Q\"><p:B><q:State>x</q:State></p:B>"
             "<p:C>text<q:D><q:D>y</q:D></q:D></p:C><p:E xsi:nil=\"true\"><q:F/></p:E><p:G>z</p:G></p:A>"
             "<w:XmlFragment><H><I>x</I></H><J>y</J></w:XmlFragment></n:Items>"
             "<n:EndOfSequence/></n:PullResponse>"),
      "0/A/E nil\n0/A/G=z\n1//J=y\nitems end items=2" },
    { "characters, comments and sections",
      ANSWER("<n:PullResponse><n:Items><w:XmlFragment><T>a&lt;b &amp;&#x20;c</T><T>d<!-- - -->e<![CDATA[<f>]]></T>"
             "<T> \xe6\x97\xa5 </T><T>&#65;&#x1f408;</T></w:XmlFragment></n:Items><n:EndOfSequence/></n:PullResponse>"),
      "0//T=a<b & c\n0//T=de<f>\n0//T= \xe6\x97\xa5 \n0//T=A\xf0\x9f\x90\x88\nitems end items=1" },
    { "what a method gave back",
      ANSWER("<p:GetDWORDValue_OUTPUT xmlns:p=\"" STDREG "\" xmlns:cim=\"" CIM "\"><p:ReturnValue>0</p:ReturnValue>"
             "<p:uValue>1942980</p:uValue></p:GetDWORDValue_OUTPUT>"),
      "0/GetDWORDValue_OUTPUT/ReturnValue=0\n0/GetDWORDValue_OUTPUT/uValue=1942980\noutput" },
    { "a method that found nothing",
      ANSWER("<p:GetStringValue_OUTPUT xmlns:p=\"" STDREG "\"><p:ReturnValue>2</p:ReturnValue>"
             "<p:sValue xsi:nil=\"true\"/></p:GetStringValue_OUTPUT>"),
      "0/GetStringValue_OUTPUT/ReturnValue=2\n0/GetStringValue_OUTPUT/sValue nil\noutput" },
    { "a shell, told twice",
      ANSWER(
          "<x:ResourceCreated><a:Address>https://h:5986/wsman</a:Address><a:ReferenceParameters><w:ResourceURI>" SHELL
          "/cmd</w:ResourceURI><w:SelectorSet><w:Selector Name=\"Other\">1</w:Selector>"
          "<w:Selector Name=\"ShellId\">67A74734-DD32-4F10-89DE-49A060483810</w:Selector></w:SelectorSet>"
          "</a:ReferenceParameters></x:ResourceCreated><rsp:Shell><rsp:ShellId>67A74734-DD32-4F10-89DE-49A060483810"
          "</rsp:ShellId><rsp:IdleTimeOut>PT90.000S</rsp:IdleTimeOut></rsp:Shell>"),
      "shell shell=67A74734-DD32-4F10-89DE-49A060483810" },
    { "a shell by its reference alone",
      ANSWER("<x:ResourceCreated><a:ReferenceParameters><w:SelectorSet><w:Selector Name=\"ShellId\">S-1</w:Selector>"
             "</w:SelectorSet></a:ReferenceParameters></x:ResourceCreated>"),
      "shell shell=S-1" },
    { "a shell by itself", ANSWER("<rsp:Shell><rsp:ShellId> S-1 </rsp:ShellId></rsp:Shell>"), "shell shell=S-1" },
    { "a command", ANSWER("<rsp:CommandResponse><rsp:CommandId>C-1</rsp:CommandId></rsp:CommandResponse>"),
      "command command=C-1" },
    { "streams, and the command's end",
      ANSWER("<rsp:ReceiveResponse><rsp:Stream Name=\"stdout\" CommandId=\"C-1\">SGVs\r\n bG8=</rsp:Stream>"
             "<rsp:Stream Name=\"stderr\" CommandId=\"C-1\">b29wcw==</rsp:Stream>"
             "<rsp:Stream Name=\"stdout\" CommandId=\"C-1\">IHdvcmxk</rsp:Stream>"
             "<rsp:Stream Name=\"stdout\" CommandId=\"C-1\" End=\"true\"></rsp:Stream>"
             "<rsp:Stream Name=\"stderr\" CommandId=\"C-1\" End=\"true\"/><rsp:CommandState CommandId=\"C-1\" "
             "State=\"" SHELL "/CommandState/Done\"><rsp:ExitCode>1</rsp:ExitCode></rsp:CommandState>"
             "</rsp:ReceiveResponse>"),
      "out:Hello\nerr:oops\nout: world\nstreams end exit=1 command=C-1" },
    { "streams that go on",
      ANSWER("<rsp:ReceiveResponse><rsp:Stream Name=\"stdout\" CommandId=\"C-1\">YQ==</rsp:Stream>"
             "<rsp:CommandState CommandId=\"C-1\" State=\"" SHELL "/CommandState/Running\"/></rsp:ReceiveResponse>"),
      "out:a\nstreams command=C-1" },
    { "an exit code of Windows's own",
      ANSWER("<rsp:ReceiveResponse><rsp:CommandState State=\"" SHELL "/CommandState/Done\"><rsp:ExitCode>3221225786"
             "</rsp:ExitCode></rsp:CommandState></rsp:ReceiveResponse>"),
      "streams end exit=-1073741510" },
    { "the same with its sign",
      ANSWER("<rsp:ReceiveResponse><rsp:CommandState State=\"" SHELL "/CommandState/Done\"><rsp:ExitCode>-1073741510"
             "</rsp:ExitCode></rsp:CommandState></rsp:ReceiveResponse>"),
      "streams end exit=-1073741510" },
    { "a signal", ANSWER("<rsp:SignalResponse/>"), "done" },
    { "deleted", ANSWER(""), "done" },
    { "deleted, in white space", ANSWER(" \r\n <!-- gone --> "), "done" },
    { "a fault of Windows",
      ANSWER(
          "<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>w:TimedOut</s:Value></s:Subcode></s:Code>"
          "<s:Reason><s:Text xml:lang=\"en-US\">The operation  has\r\n timed out. </s:Text></s:Reason><s:Detail>"
          "<f:WSManFault xmlns:f=\"" FAULT "\" Code=\"2150858793\" Machine=\"h\"><f:Message>other</f:Message>"
          "</f:WSManFault></s:Detail></s:Fault>"),
      "fault code=2150858793 text=The operation has timed out." },
    { "a fault within a fault, and no reason",
      ANSWER("<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text xml:lang=\"en-US\"></s:Text>"
             "</s:Reason><s:Detail><f:WSManFault xmlns:f=\"" FAULT "\" Code=\"2150858752\"><f:Message>"
             "<f:ProviderFault provider=\"WMI Provider\"><f:WSManFault Code=\"1\"><f:Message>No such class.</f:Message>"
             "</f:WSManFault> End.</f:ProviderFault></f:Message></f:WSManFault></s:Detail></s:Fault>"),
      "fault code=2150858752 text=No such class. End." },
    { "a fault of another's",
      ANSWER(
          "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>a:ActionNotSupported</s:Value></s:Subcode>"
          "</s:Code><s:Detail><w:FaultDetail>http://schemas/faultDetail/x</w:FaultDetail></s:Detail></s:Fault>"),
      "fault text=http://schemas/faultDetail/x" },
    { "a fault with a code alone",
      ANSWER("<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>w:AccessDenied</s:Value></s:Subcode>"
             "</s:Code></s:Fault>"),
      "fault text=w:AccessDenied" },
    { "a fault in characters that no terminal should see",
      ANSWER("<s:Fault><s:Reason><s:Text>a\tb\xc2\x85\xc2\x9b c\x7f\xc2\xa0</s:Text></s:Reason></s:Fault>"),
      "fault text=a b c \xc2\xa0" },
    { "a fault that relates to nothing", FRAME "<s:Body><s:Fault/></s:Body></s:Envelope>", "fault" },
    { "case, blanks, and what is not ours in the header",
      FRAME
      "<s:Header><a:RelatesTo> UUID:0f0e0d0c-0000-4000-8000-00000000000a </a:RelatesTo><z:Other xmlns:z=\"urn:z\" "
      "s:mustUnderstand=\"false\"><z:RelatesTo>uuid:1</z:RelatesTo></z:Other></s:Header><s:Body/></s:Envelope>",
      "done" },
    { "a declaration that is not true", "<?xml version=\"1.0\" encoding=\"shift_jis\"?>" ANSWER(""), "done" },
    { "a byte order mark", "\xef\xbb\xbf<?xml version=\"1.0\"?>" ANSWER(""), "done" },
};

static void answers_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        /* Identify relates to nothing. */
        const char *const message_id = strstr(answers[i].text, "IdentifyResponse") ? NULL : ID;
        struct told told;
        const int r = read_answer(answers[i].text, strlen(answers[i].text), message_id, &told);
        if (r != 0 || strcmp(told.text, answers[i].told) != 0)
            fail_msg("%s: %d, %s\ninstead of %s", answers[i].what, r, told.text, answers[i].told);
    }
}

#define ITEMS(items) ANSWER("<n:PullResponse><n:Items>" items "</n:Items><n:EndOfSequence/></n:PullResponse>")
#define STREAM(text)                                                                                                   \
    ANSWER("<rsp:ReceiveResponse><rsp:Stream Name=\"stdout\">" text "</rsp:Stream></rsp:ReceiveResponse>")
#define STATE(text) ANSWER("<rsp:ReceiveResponse><rsp:CommandState " text "</rsp:CommandState></rsp:ReceiveResponse>")
#define DONE        "State=\"" SHELL "/CommandState/Done\">"
#define NOT_XML     "not XML: "
#define TEN         "0123456789"
#define FIFTY       TEN TEN TEN TEN TEN

static const struct {
    const char *text, *why; /* "not XML: " and what libxml2 says in its own words */
} wrong[] = {
    { "", "empty" },
    { "Not Found", NOT_XML },
    { "<html><body>404</body></html>", "html: not a SOAP envelope" },
    { "<Envelope xmlns=\"http://schemas.xmlsoap.org/soap/envelope/\"/>", "Envelope: unknown namespace" },
    { "<s:Envelope/>", NOT_XML },
    { FRAME "<s:Body>", NOT_XML },
    { FRAME HEADER "</s:Envelope>", "no body" },
    { FRAME "</s:Envelope>", "no body" },
    { ANSWER("") "<more/>", NOT_XML },
    { ANSWER("<a:b>\xff</a:b>"), NOT_XML },
    { ANSWER("") "\xff", NOT_XML },
    { FRAME "<s:Header>\xff</s:Header><s:Body/></s:Envelope>", NOT_XML },
    { FRAME "<s:Header>&#1;</s:Header><s:Body/></s:Envelope>", NOT_XML },
    { "<!DOCTYPE a>" ANSWER(""), "a DTD" },
    { "<!DOCTYPE a [<!ENTITY b \"c\"><!ENTITY % d SYSTEM \"file:///etc/passwd\"> %d;]>" ANSWER("&b;"), "a DTD" },
    { "<!DOCTYPE a SYSTEM \"http://127.0.0.1:1/\">" ANSWER(""), "a DTD" },
    { ITEMS("<w:XmlFragment><A>&b;</A></w:XmlFragment>"), NOT_XML },
    { FRAME "<s:Header/><s:Body/></s:Envelope>", "RelatesTo is missing" },
    { FRAME "<s:Body><rsp:SignalResponse/></s:Body></s:Envelope>", "RelatesTo is missing" },
    { FRAME "<s:Header><a:RelatesTo>uuid:1</a:RelatesTo></s:Header><s:Body/></s:Envelope>",
      "RelatesTo is of another message" },
    { FRAME "<s:Header><a:RelatesTo/></s:Header><s:Body/></s:Envelope>", "RelatesTo is of another message" },
    { FRAME "<s:Header><a:RelatesTo>" ID
            "</a:RelatesTo><a:RelatesTo>uuid:1</a:RelatesTo></s:Header><s:Body/></s:Envelope>",
      "RelatesTo is of another message" },
    { FRAME "<s:Header><a:RelatesTo>uuid:1</a:RelatesTo></s:Header><s:Body><s:Fault/></s:Body></s:Envelope>",
      "RelatesTo is of another message" },
    { FRAME "<s:Header><RelatesTo>" ID "</RelatesTo></s:Header><s:Body/></s:Envelope>",
      "RelatesTo: unknown namespace" },
    { FRAME "<s:Body/>" HEADER "</s:Envelope>", "a second header, or one behind the body" },
    { FRAME HEADER HEADER "<s:Body/></s:Envelope>", "a second header, or one behind the body" },
    { FRAME HEADER "<s:Body/><s:Body/></s:Envelope>", "a second body" },
    { FRAME HEADER "<s:Body/><s:Tail/></s:Envelope>", "Tail: unknown" },
    { ANSWER("<n:GetStatusResponse/>"), "GetStatusResponse: unknown" },
    { ANSWER("<w:PullResponse/>"), "PullResponse: unknown namespace" },
    { ANSWER("<Fault/>"), "Fault: unknown namespace" },
    { ANSWER("<p:GetDWORDValue_OUTPUT xmlns:p=\"urn:x\"/>"), "GetDWORDValue_OUTPUT: unknown" },
    { ANSWER("<p:_OUTPUT xmlns:p=\"" STDREG "\"/>"), "_OUTPUT: unknown" },
    { ANSWER("<rsp:SignalResponse/><rsp:SignalResponse/>"), "more than one answer" },
    { ANSWER("<rsp:Shell><rsp:ShellId>S</rsp:ShellId></rsp:Shell><s:Fault/>"), "more than one answer" },
    { ANSWER("<n:EnumerateResponse/>"), "neither an end nor a context" },
    { ANSWER("<n:EnumerateResponse><rsp:Items/></n:EnumerateResponse>"), "Items: unknown namespace" },
    { ANSWER("<n:PullResponse><EndOfSequence/></n:PullResponse>"), "EndOfSequence: unknown namespace" },
    { ITEMS("<Win32_Service/>"), "Win32_Service: unknown namespace" },
    { ITEMS("<n:XmlFragment/>"), "XmlFragment: unknown namespace" },
    { ITEMS("<w:Item/>"), "Item: unknown namespace" },
    { ITEMS("<w:XmlFragment><rsp:Name>x</rsp:Name></w:XmlFragment>"), "Name: unknown namespace" },
    { ITEMS("<p:A xmlns:p=\"" CIMV2 "A\"><Name>x</Name></p:A>"), "Name: unknown namespace" },
    { ITEMS("<p:A xmlns:p=\"" CIMV2 "A\"><q:Name xmlns:q=\"" CIMV2 "B\">x</q:Name></p:A>"), "Name: unknown namespace" },
    { ANSWER("<n:PullResponse><n:EnumerationContext>a b</n:EnumerationContext></n:PullResponse>"),
      "the context is not of visible ASCII" },
    { ANSWER("<n:PullResponse><n:EnumerationContext>\xc3\xa4</n:EnumerationContext></n:PullResponse>"),
      "the context is not of visible ASCII" },
    { ANSWER("<n:PullResponse><n:EnumerationContext>" FIFTY FIFTY FIFTY FIFTY FIFTY TEN "</n:EnumerationContext>"
             "</n:PullResponse>"),
      "the context is too long" },
    { ANSWER("<rsp:Shell/>"), "no ShellId" },
    { ANSWER("<rsp:Shell><rsp:ShellId> </rsp:ShellId></rsp:Shell>"), "no ShellId" },
    { ANSWER("<rsp:Shell><rsp:ShellId>" FIFTY FIFTY "</rsp:ShellId></rsp:Shell>"), "the shell is too long" },
    { ANSWER("<rsp:Shell><ShellId>S</ShellId></rsp:Shell>"), "ShellId: unknown namespace" },
    { ANSWER("<rsp:Shell><rsp:ShellId>S</rsp:ShellId><rsp:ShellId>T</rsp:ShellId></rsp:Shell>"),
      "the shell is told twice, differently" },
    { ANSWER("<x:ResourceCreated/>"), "no ShellId" },
    { ANSWER("<x:ResourceCreated><a:ReferenceParameters><w:SelectorSet><w:Selector Name=\"Other\">S</w:Selector>"
             "<w:Selector>S</w:Selector></w:SelectorSet></a:ReferenceParameters></x:ResourceCreated>"),
      "no ShellId" },
    { ANSWER("<rsp:CommandResponse/>"), "no CommandId" },
    { ANSWER("<rsp:CommandResponse><rsp:CommandId>" FIFTY FIFTY "</rsp:CommandId></rsp:CommandResponse>"),
      "the command is too long" },
    { STREAM("YQ="), "a stream is not base64" },
    { STREAM("YQ"), "a stream is not base64" },
    { STREAM("YR=="), "a stream is not base64" },
    { STREAM("Y-=="), "a stream is not base64" },
    { STREAM("YQ==YQ=="), "a stream is not base64" },
    { STREAM("YWJj<b/>!"), "a stream is not base64" },
    { ANSWER("<rsp:ReceiveResponse><rsp:Stream>YQ==</rsp:Stream></rsp:ReceiveResponse>"),
      "a stream that is neither stdout nor stderr" },
    { ANSWER("<rsp:ReceiveResponse><rsp:Stream Name=\"pr\">YQ==</rsp:Stream></rsp:ReceiveResponse>"),
      "a stream that is neither stdout nor stderr" },
    { ANSWER("<rsp:ReceiveResponse><rsp:Stream Name=\"stdout\" CommandId=\"A\"/><rsp:Stream Name=\"stdout\" "
             "CommandId=\"B\"/></rsp:ReceiveResponse>"),
      "the command is told twice, differently" },
    { ANSWER("<rsp:ReceiveResponse><Stream Name=\"stdout\"/></rsp:ReceiveResponse>"), "Stream: unknown namespace" },
    { STATE(">"), "a command in an unknown state" },
    { STATE("State=\"Done\">"), "a command in an unknown state" },
    { STATE(DONE), "the command has ended without an exit code" },
    { STATE(DONE "<rsp:ExitCode/>"), "an exit code that is no number" },
    { STATE(DONE "<rsp:ExitCode>0x1</rsp:ExitCode>"), "an exit code that is no number" },
    { STATE(DONE "<rsp:ExitCode>4294967296</rsp:ExitCode>"), "an exit code that is no number" },
    { STATE(DONE "<rsp:ExitCode>-2147483649</rsp:ExitCode>"), "an exit code that is no number" },
    { STATE(DONE "<rsp:ExitCode>99999999999999999999</rsp:ExitCode>"), "an exit code that is no number" },
    { ANSWER("<s:Fault><s:Detail><f:WSManFault xmlns:f=\"" FAULT "\" Code=\"-1\"/></s:Detail></s:Fault>"),
      "a fault's code that is no number" },
    { ANSWER("<s:Fault><s:Detail><f:WSManFault xmlns:f=\"" FAULT "\" Code=\"\"/></s:Detail></s:Fault>"),
      "a fault's code that is no number" },
    { ANSWER("<s:Fault><s:Detail><WSManFault Code=\"1\"/></s:Detail></s:Fault>"), "WSManFault: unknown namespace" },
};

static void wrong_answers_are_refused_with_what_is_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct told told;
        const int r = read_answer(wrong[i].text, strlen(wrong[i].text), ID, &told);
        const bool own_words = strcmp(wrong[i].why, NOT_XML) == 0 && strlen(told.text) > sizeof NOT_XML - 1;
        if (r != -EBADMSG || strncmp(told.text, wrong[i].why, own_words ? sizeof NOT_XML - 1 : SIZE_MAX) != 0)
            fail_msg("%s\ngave %d, %s\ninstead of %s", wrong[i].text, r, told.text, wrong[i].why);
    }
}

static void no_part_of_an_answer_is_an_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        const size_t bytes = strlen(answers[i].text);

        for (size_t cut = 0; cut < bytes; cut++) {
            struct told told;
            if (read_answer(answers[i].text, cut, ID, &told) != -EBADMSG || !told.text[0])
                fail_msg("%s, cut at %zu: %s", answers[i].what, cut, told.text);
        }
    }
}

/* ASCII as UTF-16 with its mark. */
static size_t widen(const char *text, bool big_endian, char *wide)
{
    size_t n = 0;

    for (const char *c = big_endian ? "\xfe\xff" : "\xff\xfe"; *c; c++)
        wide[n++] = *c;
    for (; *text; text++) {
        wide[n++] = big_endian ? '\0' : *text;
        wide[n++] = big_endian ? *text : '\0';
    }
    return n;
}

static void utf_16_is_read_like_utf_8(void **state)
{
    (void)state;
    static const char text[] =
        "<?xml version=\"1.0\" encoding=\"utf-16\"?>" ITEMS("<w:XmlFragment><A>&#x65e5;</A><B>b</B></w:XmlFragment>");
    char wide[2 * sizeof text];
    struct told told;

    for (int big_endian = 0; big_endian <= 1; big_endian++) {
        const size_t bytes = widen(text, big_endian, wide);
        assert_int_equal(read_answer(wide, bytes, ID, &told), 0);
        assert_string_equal(told.text, "0//A=\xe6\x97\xa5\n0//B=b\nitems end items=1");
        assert_int_equal(read_answer(wide, bytes - 1, ID, &told), -EBADMSG);
    }
}

static void depth_and_length_have_their_limits(void **state)
{
    (void)state;
    enum { DEPTHS = 300 };
    static char text[SOAP_BYTES_MAX + 1];
    struct told told;

    for (size_t depth = 1; depth < DEPTHS; depth++) {
        char *at = text + sprintf(text, "%s", FRAME "<s:Header><a:RelatesTo>" ID "</a:RelatesTo>");
        for (size_t i = 0; i < depth; i++)
            at += sprintf(at, "<d>");
        for (size_t i = 0; i < depth; i++)
            at += sprintf(at, "</d>");
        at += sprintf(at, "</s:Header><s:Body/></s:Envelope>");
        const int r = read_answer(text, (size_t)(at - text), ID, &told);
        /* The envelope and its header are two of them. */
        if (r != (depth + 2 > SOAP_DEPTH_MAX ? -EBADMSG : 0) ||
            strcmp(told.text, r ? "nested too deeply" : "done") != 0)
            fail_msg("%zu levels: %d, %s", depth + 2, r, told.text);
    }

    memset(text, ' ', sizeof text);
    memcpy(text, ANSWER(""), sizeof ANSWER("") - 1);
    assert_int_equal(read_answer(text, SOAP_BYTES_MAX, ID, &told), 0);
    assert_int_equal(read_answer(text, SOAP_BYTES_MAX + 1, ID, &told), -EBADMSG);
    assert_string_equal(told.text, "too long");
}

static void what_is_shown_is_cut_between_characters(void **state)
{
    (void)state;
    char text[4096], *at;
    struct soap_answer answer;
    char why[SOAP_WHY_BYTES];

    /* Characters of three bytes, at each of the places where a cut can come. */
    for (int shift = 0; shift < 3; shift++) {
        at = text + sprintf(text, "%s%.*s", FRAME "<s:Body><s:Fault><s:Reason><s:Text>", shift, "xyz");
        for (int i = 0; i < 100; i++)
            at += sprintf(at, "\xe6\x97\xa5");
        at += sprintf(at, "</s:Text></s:Reason></s:Fault></s:Body></s:Envelope>");
        assert_int_equal(soap_read(text, (size_t)(at - text), ID, NULL, NULL, &answer, why), 0);
        assert_int_equal(strlen(answer.fault_text), (SOAP_FAULT_BYTES - 1 - shift) / 3 * 3 + shift);

        at = text + sprintf(text, "%s<%.*s", FRAME "<s:Body>", shift, "xyz");
        for (int i = 0; i < 100; i++)
            at += sprintf(at, "\xe6\x97\xa5");
        at += sprintf(at, "/></s:Body></s:Envelope>");
        assert_int_equal(soap_read(text, (size_t)(at - text), ID, NULL, NULL, &answer, why), -EBADMSG);
        const size_t shown = strcspn(why, ":");
        assert_string_equal(why + shown, ": unknown");
        assert_int_equal((shown - (size_t)shift) % 3, 0);
    }
}

static void a_sink_is_not_needed(void **state)
{
    (void)state;
    static const struct soap_sink none = { NULL, NULL };
    struct soap_answer answer;
    char why[SOAP_WHY_BYTES];

    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        assert_int_equal(soap_read(answers[i].text, strlen(answers[i].text), NULL, NULL, NULL, &answer, why), 0);
        assert_int_equal(soap_read(answers[i].text, strlen(answers[i].text), NULL, &none, NULL, &answer, why), 0);
    }
}

static void nothing_is_printed(void **state)
{
    (void)state;
    const int kept = dup(STDERR_FILENO), printed = memfd_create("printed", MFD_CLOEXEC);
    struct stat status;
    struct told told;

    assert_true(kept >= 0 && printed >= 0);
    fflush(stderr);
    assert_true(dup2(printed, STDERR_FILENO) >= 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        (void)!read_answer(wrong[i].text, strlen(wrong[i].text), ID, &told);
    fflush(stderr);
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    assert_int_equal(fstat(printed, &status), 0);
    assert_int_equal(status.st_size, 0);
    close(kept);
    close(printed);
}

static void *read_all(void *user)
{
    size_t *const right = user;

    for (int round = 0; round < 20; round++)
        for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
            struct soap_answer answer;
            char why[SOAP_WHY_BYTES];
            *right += soap_read(answers[i].text, strlen(answers[i].text), NULL, NULL, NULL, &answer, why) == 0;
            *right += soap_read(wrong[i].text, strlen(wrong[i].text), ID, NULL, NULL, &answer, why) == -EBADMSG;
        }
    return NULL;
}

static void threads_do_not_meet(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    size_t right[THREADS] = { 0 };

    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_all, &right[i]), 0);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(right[i], 20 * 2 * (sizeof answers / sizeof *answers));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_read),
        cmocka_unit_test(wrong_answers_are_refused_with_what_is_wrong),
        cmocka_unit_test(no_part_of_an_answer_is_an_answer),
        cmocka_unit_test(utf_16_is_read_like_utf_8),
        cmocka_unit_test(depth_and_length_have_their_limits),
        cmocka_unit_test(what_is_shown_is_cut_between_characters),
        cmocka_unit_test(a_sink_is_not_needed),
        cmocka_unit_test(nothing_is_printed),
        cmocka_unit_test(threads_do_not_meet),
    };

    soap_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
