/* soap.h: the namespaces, actions and resources of WS-Management (DSP0226) and of Microsoft's extensions to it
 * (MS-WSMV). */
#ifndef FLEET_SOAP_H
#define FLEET_SOAP_H

#define SOAP_NS_ENVELOPE    "http://www.w3.org/2003/05/soap-envelope"
#define SOAP_NS_ADDRESSING  "http://schemas.xmlsoap.org/ws/2004/08/addressing"
#define SOAP_NS_ENUMERATION "http://schemas.xmlsoap.org/ws/2004/09/enumeration"
#define SOAP_NS_TRANSFER    "http://schemas.xmlsoap.org/ws/2004/09/transfer"
#define SOAP_NS_WSMAN       "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
#define SOAP_NS_IDENTITY    "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"
#define SOAP_NS_CIM         "http://schemas.dmtf.org/wbem/wscim/1/common"
#define SOAP_NS_MICROSOFT   "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"
#define SOAP_NS_FAULT       "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"
#define SOAP_NS_SHELL       "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
#define SOAP_NS_SCHEMA      "http://www.w3.org/2001/XMLSchema-instance"

#define SOAP_ANONYMOUS   SOAP_NS_ADDRESSING "/role/anonymous"
#define SOAP_WQL         "http://schemas.microsoft.com/wbem/wsman/1/WQL"
#define SOAP_WMI         "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/"
#define SOAP_REGISTRY    "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/default/StdRegProv"
#define SOAP_CMD         SOAP_NS_SHELL "/cmd"
#define SOAP_FAULT       "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"
#define SOAP_FAULT_CAUSE "http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/"

#endif
