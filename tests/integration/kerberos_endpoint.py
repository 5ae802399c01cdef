"""A Windows endpoint for a test that lets in by Kerberos alone: https, Negotiate, and answers by which no agent is
installed there. It checks nothing itself, and keeps what it saw."""

import base64
import http.server
import ssl
import subprocess
import threading
import traceback
import xml.etree.ElementTree as ET

import gssapi

ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
ENVELOPE = f"""<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="{ADDRESSING}"
    xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration"
    xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
    xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"
    xmlns:r="http://schemas.microsoft.com/wbem/wsman/1/wmi/root/default/StdRegProv">
    <s:Header><a:RelatesTo>%s</a:RelatesTo></s:Header><s:Body>%s</s:Body></s:Envelope>"""
IDENTITY = """<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
    xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"><s:Header/><s:Body><i:IdentifyResponse>
    <i:ProtocolVersion>http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd</i:ProtocolVersion>
    <i:ProductVendor>test</i:ProductVendor><i:ProductVersion>1</i:ProductVersion></i:IdentifyResponse></s:Body></s:Envelope>"""
NO_ITEMS = "<n:EnumerateResponse><n:EnumerationContext/><w:Items/><w:EndOfSequence/></n:EnumerateResponse>"
NO_VALUE = "<r:{0}_OUTPUT><r:ReturnValue>2</r:ReturnValue></r:{0}_OUTPUT>"
DENIED = ("<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text xml:lang='en'>no</s:Text></s:Reason>"
          "<s:Detail><f:WSManFault Code='5'><f:Message>no</f:Message></f:WSManFault></s:Detail></s:Fault>")


def answer_to(request):
    """Status and envelope: who it is; nothing is found, and a shell is denied."""
    whole = ET.fromstring(request)
    if b"Identify" in request:
        return 200, IDENTITY.encode()
    message = whole.find(f".//{{{ADDRESSING}}}MessageID").text
    action = whole.find(f".//{{{ADDRESSING}}}Action").text
    if action.endswith("enumeration/Enumerate"):
        status, body = 200, NO_ITEMS
    elif "StdRegProv" in action:
        status, body = 200, NO_VALUE.format(action.rpartition("/")[2])
    else:
        status, body = 500, DENIED
    return status, (ENVELOPE % (message, body)).encode()


class Connection(http.server.BaseHTTPRequestHandler):
    """One connection. Who has logged on over it is known for its other requests, too."""

    protocol_version = "HTTP/1.1"
    timeout = 30
    wbufsize = 65536  # header and body as one
    user = None

    def setup(self):
        super().setup()
        self.seen = self.server.seen
        with self.seen.lock:
            self.seen.connections += 1
            self.seen.open += 1

    def finish(self):
        with self.seen.lock:
            self.seen.open -= 1
        super().finish()

    def log_message(self, *_):
        """What it saw is in the endpoint."""

    def give(self, status, body=b"", token=None):
        self.send_response(status)
        self.send_header("Content-Type", "application/soap+xml;charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        if status == 401 or token:
            self.send_header("WWW-Authenticate", f"Negotiate {token}" if token else "Negotiate")
        if self.seen.persistent and token:
            self.send_header("Persistent-Auth", self.seen.persistent)
        self.end_headers()
        self.wfile.write(body)

    def log_on(self, token):
        """Makes out whose token it is; what is to be given back."""
        context = gssapi.SecurityContext(creds=self.seen.service, usage="accept")
        back = base64.b64encode(context.step(base64.b64decode(token))).decode()
        user = str(context.initiator_name)
        self.user = user if context.complete and user == self.seen.lets_in else None
        with self.seen.lock:
            self.seen.logons += 1
            self.seen.users.add(user)
            self.seen.tokens.update((token, back))
        return back

    def do_POST(self):
        request = self.rfile.read(int(self.headers["Content-Length"]))
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        with self.seen.lock:
            self.seen.requests += 1
        if self.seen.persistent == "false":
            self.user = None
        back = self.log_on(token) if scheme == "Negotiate" else None
        if not self.user:
            self.give(401)
        else:
            self.give(*answer_to(request), token=back)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        self.seen.failures.append(traceback.format_exc())


class Endpoint:
    """with Endpoint(...): it serves. `keytab`: of its service; `lets_in`: who may ask; `persistent`: what it says of
    logons in the header Persistent-Auth; with "false" each request needs one."""

    def __init__(self, address, port, directory, host, keytab, lets_in, persistent=None):
        self.certificate, key = directory / f"{host}.pem", directory / f"{host}.key"
        self.lets_in, self.persistent = lets_in, persistent
        self.lock = threading.Lock()
        self.connections = self.open = self.requests = self.logons = 0
        self.users, self.tokens, self.failures = set(), set(), []
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", key, "-out", self.certificate, "-days", "2", "-subj", f"/CN={host}",
                        "-addext", f"subjectAltName=DNS:{host}"], check=True, capture_output=True)
        self.service = gssapi.Credentials(usage="accept", store={"keytab": str(keytab)})
        self.server = Server((address, port), Connection)
        self.server.seen = self
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(self.certificate, key)
        # A handshake is its connection's business, in its thread.
        self.server.socket = tls.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
