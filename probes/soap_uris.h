/* The names of WS-Management: namespaces, actions and resources (SOAP 1.2; WS-Addressing, WS-Enumeration and
 * WS-Transfer as DSP0226 has them; MS-WSMV for what is Microsoft's). */
#ifndef AH_PROBES_SOAP_URIS_H
#define AH_PROBES_SOAP_URIS_H

#define URI_SOAP        "http://www.w3.org/2003/05/soap-envelope"
#define URI_ADDRESSING  "http://schemas.xmlsoap.org/ws/2004/08/addressing"
#define URI_ENUMERATION "http://schemas.xmlsoap.org/ws/2004/09/enumeration"
#define URI_TRANSFER    "http://schemas.xmlsoap.org/ws/2004/09/transfer"
#define URI_WSMAN       "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
#define URI_IDENTITY    "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"
#define URI_CIM         "http://schemas.dmtf.org/wbem/wscim/1/common"
#define URI_INSTANCE    "http://www.w3.org/2001/XMLSchema-instance"
#define URI_MICROSOFT   "http://schemas.microsoft.com/wbem/wsman/1/"
#define URI_EXTENSION   URI_MICROSOFT "wsman.xsd"
#define URI_FAULT       URI_MICROSOFT "wsmanfault"
#define URI_WQL         URI_MICROSOFT "WQL"
#define URI_WMI         URI_MICROSOFT "wmi/"
#define URI_SHELL       URI_MICROSOFT "windows/shell"

#endif
