/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of NDIS 6 that the two drivers use, for x64 and arm64.  mingw's
 * <ddk/ndis.h> knows NDIS 5 only.  Written from public documentation; each
 * layout and value is asserted, with its source, in facts.c.
 *
 * A structure that NDIS hands to us may be longer than declared here (later
 * revisions only append); one that we hand to NDIS is exactly of the revision
 * that its header states.
 */
#ifndef IRL_NDIS6_H
#define IRL_NDIS6_H

#include <ntddk.h>

#ifndef NDISAPI
#define NDISAPI __declspec(dllimport)
#endif

typedef int NDIS_STATUS, *PNDIS_STATUS;
typedef PVOID NDIS_HANDLE, *PNDIS_HANDLE;
typedef UNICODE_STRING NDIS_STRING, *PNDIS_STRING;
typedef ULONG NDIS_PORT_NUMBER;
typedef ULONG NDIS_OID;
typedef USHORT NET_FRAME_TYPE, *PNET_FRAME_TYPE;
typedef ULONG NET_IFINDEX;

typedef union _NET_LUID {
	ULONG64 Value;
} NET_LUID;

#define NDIS_STATUS_SUCCESS ((NDIS_STATUS)0)
#define NDIS_STATUS_PENDING ((NDIS_STATUS)0x00000103)
#define NDIS_STATUS_LINK_STATE ((NDIS_STATUS)0x40010017)
#define NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG ((NDIS_STATUS)0x40020006)
#define NDIS_STATUS_FAILURE ((NDIS_STATUS)0xC0000001)
#define NDIS_STATUS_INVALID_PARAMETER ((NDIS_STATUS)0xC000000D)
#define NDIS_STATUS_RESOURCES ((NDIS_STATUS)0xC000009A)
#define NDIS_STATUS_NOT_SUPPORTED ((NDIS_STATUS)0xC00000BB)
#define NDIS_STATUS_BAD_VERSION ((NDIS_STATUS)0xC0010004)
#define NDIS_STATUS_SEND_ABORTED ((NDIS_STATUS)0xC023000C)
#define NDIS_STATUS_REQUEST_ABORTED ((NDIS_STATUS)0xC001000C)
#define NDIS_STATUS_RESET_IN_PROGRESS ((NDIS_STATUS)0xC001000D)
#define NDIS_STATUS_INVALID_PACKET ((NDIS_STATUS)0xC001000F)
#define NDIS_STATUS_INVALID_LENGTH ((NDIS_STATUS)0xC0010014)
#define NDIS_STATUS_INVALID_DATA ((NDIS_STATUS)0xC0010015)
#define NDIS_STATUS_ADAPTER_REMOVED ((NDIS_STATUS)0xC0010018)
#define NDIS_STATUS_UNSUPPORTED_MEDIA ((NDIS_STATUS)0xC0010019)
#define NDIS_STATUS_MEDIA_DISCONNECTED ((NDIS_STATUS)0xC023001F)
#define NDIS_STATUS_PAUSED ((NDIS_STATUS)0xC023002A)
#define NDIS_STATUS_LOW_POWER_STATE ((NDIS_STATUS)0xC023002F)

/* ---- objects ------------------------------------------------------------- */

typedef struct _NDIS_OBJECT_HEADER {
	UCHAR Type;
	UCHAR Revision;
	USHORT Size;
} NDIS_OBJECT_HEADER, *PNDIS_OBJECT_HEADER;

#define NDIS_OBJECT_TYPE_DEFAULT 0x80
#define NDIS_OBJECT_TYPE_OPEN_PARAMETERS 0x87
#define NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS 0x8B
#define NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES 0x8D
#define NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS 0x95
#define NDIS_OBJECT_TYPE_OID_REQUEST 0x96

typedef enum _NDIS_MEDIUM {
	NdisMedium802_3 = 0,
} NDIS_MEDIUM,
    *PNDIS_MEDIUM;

typedef enum _NDIS_REQUEST_TYPE {
	NdisRequestQueryInformation = 0,
	NdisRequestSetInformation = 1,
} NDIS_REQUEST_TYPE;

/* ---- frames -------------------------------------------------------------- */

typedef enum _NDIS_NET_BUFFER_LIST_INFO {
	TcpIpChecksumNetBufferListInfo = 0,
	Ieee8021QNetBufferListInfo = 4,
	NetBufferListCancelId = 5,
	TcpRecvSegCoalesceInfo = 22,
	MaxNetBufferListInfo = 26, /* NDIS 6.30; later ones are longer */
} NDIS_NET_BUFFER_LIST_INFO;

typedef struct _NET_BUFFER NET_BUFFER, *PNET_BUFFER;
typedef struct _NET_BUFFER_LIST NET_BUFFER_LIST, *PNET_BUFFER_LIST;
typedef struct _NET_BUFFER_LIST_CONTEXT NET_BUFFER_LIST_CONTEXT,
    *PNET_BUFFER_LIST_CONTEXT;

struct _NET_BUFFER_LIST_CONTEXT {
	PNET_BUFFER_LIST_CONTEXT Next;
	USHORT Size;
	USHORT Offset;
	DECLSPEC_ALIGN(16) UCHAR ContextData[];
};

struct _NET_BUFFER {
	union {
		struct {
			PNET_BUFFER Next;
			PMDL CurrentMdl;
			ULONG CurrentMdlOffset;
			union {
				ULONG DataLength;
				SIZE_T stDataLength;
			};
			PMDL MdlChain;
			ULONG DataOffset;
		};
		SLIST_HEADER Link;
	};
	USHORT ChecksumBias;
	USHORT Reserved;
	NDIS_HANDLE NdisPoolHandle;
	DECLSPEC_ALIGN(16) PVOID NdisReserved[2];
	DECLSPEC_ALIGN(16) PVOID ProtocolReserved[6];
	DECLSPEC_ALIGN(16) PVOID MiniportReserved[4];
	PHYSICAL_ADDRESS DataPhysicalAddress;
	PVOID SharedMemoryInfo;
};

struct _NET_BUFFER_LIST {
	union {
		struct {
			PNET_BUFFER_LIST Next;
			PNET_BUFFER FirstNetBuffer;
		};
		SLIST_HEADER Link;
	};
	PNET_BUFFER_LIST_CONTEXT Context;
	PNET_BUFFER_LIST ParentNetBufferList;
	NDIS_HANDLE NdisPoolHandle;
	DECLSPEC_ALIGN(16) PVOID NdisReserved[2];
	DECLSPEC_ALIGN(16) PVOID ProtocolReserved[4];
	DECLSPEC_ALIGN(16) PVOID MiniportReserved[2];
	PVOID Scratch;
	NDIS_HANDLE SourceHandle;
	ULONG NblFlags;
	LONG ChildRefCount;
	ULONG Flags;
	NDIS_STATUS Status;
	PVOID NetBufferListInfo[MaxNetBufferListInfo];
};

#define NET_BUFFER_LIST_INFO(Nbl, Id) ((Nbl)->NetBufferListInfo[(Id)])
#define NET_BUFFER_LIST_CONTEXT_DATA_START(Nbl)                                \
	((PUCHAR)((Nbl)->Context + 1) + (Nbl)->Context->Offset)

typedef struct _NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO {
	union {
		struct {
			ULONG IsIPv4 : 1;
			ULONG IsIPv6 : 1;
			ULONG TcpChecksum : 1;
			ULONG UdpChecksum : 1;
			ULONG IpHeaderChecksum : 1;
			ULONG Reserved : 11;
			ULONG TcpHeaderOffset : 10;
		} Transmit;
		struct {
			ULONG TcpChecksumFailed : 1;
			ULONG UdpChecksumFailed : 1;
			ULONG IpChecksumFailed : 1;
			ULONG TcpChecksumSucceeded : 1;
			ULONG UdpChecksumSucceeded : 1;
			ULONG IpChecksumSucceeded : 1;
			ULONG Loopback : 1;
		} Receive;
		PVOID Value;
	};
} NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO;

typedef struct _NDIS_RSC_NBL_INFO {
	union {
		struct {
			USHORT CoalescedSegCount;
			USHORT DupAckCount;
		} Info;
		PVOID Value;
	};
} NDIS_RSC_NBL_INFO;

typedef struct _NET_BUFFER_LIST_POOL_PARAMETERS {
	NDIS_OBJECT_HEADER Header;
	UCHAR ProtocolId;
	BOOLEAN fAllocateNetBuffer;
	USHORT ContextSize;
	ULONG PoolTag;
	ULONG DataSize;
} NET_BUFFER_LIST_POOL_PARAMETERS, *PNET_BUFFER_LIST_POOL_PARAMETERS;

#define NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 16
#define NDIS_PROTOCOL_ID_DEFAULT 0

#define NDIS_SEND_FLAGS_DISPATCH_LEVEL 0x00000001
#define NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL 0x00000001
#define NDIS_RECEIVE_FLAGS_RESOURCES 0x00000002
#define NDIS_RETURN_FLAGS_DISPATCH_LEVEL 0x00000001

/* ---- requests to the adapter --------------------------------------------- */

#define OID_GEN_CURRENT_PACKET_FILTER 0x0001010E
#define OID_TCP_OFFLOAD_CURRENT_CONFIG 0xFC01020B
#define NDIS_PACKET_TYPE_ALL_MULTICAST 0x00000004

typedef struct _NDIS_OID_REQUEST {
	NDIS_OBJECT_HEADER Header;
	NDIS_REQUEST_TYPE RequestType;
	NDIS_PORT_NUMBER PortNumber;
	ULONG Timeout;
	PVOID RequestId;
	NDIS_HANDLE RequestHandle;
	union {
		struct {
			NDIS_OID Oid;
			PVOID InformationBuffer;
			ULONG InformationBufferLength;
			ULONG BytesWritten;
			ULONG BytesNeeded;
		} QUERY_INFORMATION;
		struct {
			NDIS_OID Oid;
			PVOID InformationBuffer;
			ULONG InformationBufferLength;
			ULONG BytesRead;
			ULONG BytesNeeded;
		} SET_INFORMATION;
		struct { /* the longest member */
			NDIS_OID Oid;
			PVOID InformationBuffer;
			ULONG InputBufferLength;
			ULONG OutputBufferLength;
			ULONG MethodId;
			ULONG BytesWritten;
			ULONG BytesRead;
			ULONG BytesNeeded;
		} METHOD_INFORMATION;
	} DATA;
	UCHAR NdisReserved[16 * sizeof(PVOID)];
	UCHAR MiniportReserved[2 * sizeof(PVOID)];
	UCHAR SourceReserved[2 * sizeof(PVOID)];
	UCHAR SupportedRevision;
	UCHAR Reserved1;
	USHORT Reserved2;
} NDIS_OID_REQUEST, *PNDIS_OID_REQUEST;

#define NDIS_OID_REQUEST_REVISION_1 1
#define NDIS_SIZEOF_OID_REQUEST_REVISION_1 236

/* What a field of two bits below says. */
#define NDIS_OFFLOAD_NOT_SUPPORTED 0
#define NDIS_OFFLOAD_SUPPORTED 1
#define NDIS_ENCAPSULATION_IEEE_802_3 2

typedef struct _NDIS_CHECKSUM_OFFLOAD_V4 {
	ULONG Encapsulation;
	ULONG IpOptionsSupported : 2;
	ULONG TcpOptionsSupported : 2;
	ULONG TcpChecksum : 2;
	ULONG UdpChecksum : 2;
	ULONG IpChecksum : 2;
} NDIS_CHECKSUM_OFFLOAD_V4;

typedef struct _NDIS_CHECKSUM_OFFLOAD_V6 {
	ULONG Encapsulation;
	ULONG IpExtensionHeadersSupported : 2;
	ULONG TcpOptionsSupported : 2;
	ULONG TcpChecksum : 2;
	ULONG UdpChecksum : 2;
} NDIS_CHECKSUM_OFFLOAD_V6;

typedef struct _NDIS_TCP_IP_CHECKSUM_OFFLOAD {
	NDIS_CHECKSUM_OFFLOAD_V4 IPv4Transmit;
	NDIS_CHECKSUM_OFFLOAD_V4 IPv4Receive;
	NDIS_CHECKSUM_OFFLOAD_V6 IPv6Transmit;
	NDIS_CHECKSUM_OFFLOAD_V6 IPv6Receive;
} NDIS_TCP_IP_CHECKSUM_OFFLOAD;

/* The beginning of NDIS_OFFLOAD, the same in each revision. */
typedef struct _NDIS_OFFLOAD_HEAD {
	NDIS_OBJECT_HEADER Header;
	NDIS_TCP_IP_CHECKSUM_OFFLOAD Checksum;
} NDIS_OFFLOAD_HEAD;

/* ---- events -------------------------------------------------------------- */

typedef enum _NET_PNP_EVENT_CODE {
	NetEventSetPower = 0,
	NetEventPortDeactivation = 11,
	NetEventPause = 8,
	NetEventRestart = 9,
} NET_PNP_EVENT_CODE;

typedef struct _NET_PNP_EVENT {
	NET_PNP_EVENT_CODE NetEvent;
	PVOID Buffer;
	ULONG BufferLength;
	ULONG_PTR NdisReserved[4];
	ULONG_PTR TransportReserved[4];
	ULONG_PTR TdiReserved[4];
	ULONG_PTR TdiClientReserved[4];
} NET_PNP_EVENT;

typedef struct _NET_PNP_EVENT_NOTIFICATION {
	NDIS_OBJECT_HEADER Header;
	NDIS_PORT_NUMBER PortNumber;
	NET_PNP_EVENT NetPnPEvent;
	ULONG Flags;
} NET_PNP_EVENT_NOTIFICATION, *PNET_PNP_EVENT_NOTIFICATION;

typedef struct _NDIS_STATUS_INDICATION {
	NDIS_OBJECT_HEADER Header;
	NDIS_HANDLE SourceHandle;
	NDIS_PORT_NUMBER PortNumber;
	NDIS_STATUS StatusCode;
	ULONG Flags;
	NDIS_HANDLE DestinationHandle;
	PVOID RequestId;
	PVOID StatusBuffer;
	ULONG StatusBufferSize;
	ULONG Guid[4];
	PVOID NdisReserved[4];
} NDIS_STATUS_INDICATION, *PNDIS_STATUS_INDICATION;

#define NDIS_MEDIA_STATE_CONNECTED 1 /* MediaConnectStateConnected */

/* The beginning of NDIS_LINK_STATE. */
typedef struct _NDIS_LINK_STATE_HEAD {
	NDIS_OBJECT_HEADER Header;
	ULONG MediaConnectState;
	ULONG MediaDuplexState;
	ULONG64 XmitLinkSpeed;
	ULONG64 RcvLinkSpeed;
} NDIS_LINK_STATE_HEAD;

/* ---- a protocol driver --------------------------------------------------- */

/* Up to BoundIfIndex, all that we read. */
typedef struct _NDIS_BIND_PARAMETERS {
	NDIS_OBJECT_HEADER Header;
	PNDIS_STRING ProtocolSection;
	PNDIS_STRING AdapterName;
	PDEVICE_OBJECT PhysicalDeviceObject;
	NDIS_MEDIUM MediaType;
	ULONG MtuSize;
	ULONG64 MaxXmitLinkSpeed;
	ULONG64 XmitLinkSpeed;
	ULONG64 MaxRcvLinkSpeed;
	ULONG64 RcvLinkSpeed;
	ULONG MediaConnectState;
	ULONG MediaDuplexState;
	ULONG LookaheadSize;
	PVOID PowerManagementCapabilities;
	ULONG SupportedPacketFilters;
	ULONG MaxMulticastListSize;
	USHORT MacAddressLength;
	UCHAR CurrentMacAddress[32];
	ULONG PhysicalMediumType;
	PVOID RcvScaleCapabilities;
	NET_LUID BoundIfNetluid;
	NET_IFINDEX BoundIfIndex;
} NDIS_BIND_PARAMETERS, *PNDIS_BIND_PARAMETERS;

typedef struct _NDIS_OPEN_PARAMETERS {
	NDIS_OBJECT_HEADER Header;
	PNDIS_STRING AdapterName;
	PNDIS_MEDIUM MediumArray;
	ULONG MediumArraySize;
	PULONG SelectedMediumIndex;
	PNET_FRAME_TYPE FrameTypeArray;
	ULONG FrameTypeArraySize;
} NDIS_OPEN_PARAMETERS, *PNDIS_OPEN_PARAMETERS;

#define NDIS_OPEN_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1 52

typedef NDIS_STATUS(NTAPI *BIND_HANDLER_EX)(NDIS_HANDLE DriverContext,
					    NDIS_HANDLE BindContext,
					    PNDIS_BIND_PARAMETERS);
typedef NDIS_STATUS(NTAPI *UNBIND_HANDLER_EX)(NDIS_HANDLE UnbindContext,
					      NDIS_HANDLE BindingContext);
typedef VOID(NTAPI *OPEN_ADAPTER_COMPLETE_HANDLER_EX)(NDIS_HANDLE, NDIS_STATUS);
typedef VOID(NTAPI *CLOSE_ADAPTER_COMPLETE_HANDLER_EX)(NDIS_HANDLE);
typedef NDIS_STATUS(NTAPI *NET_PNP_EVENT_HANDLER)(NDIS_HANDLE,
						  PNET_PNP_EVENT_NOTIFICATION);
typedef VOID(NTAPI *OID_REQUEST_COMPLETE_HANDLER)(NDIS_HANDLE,
						  PNDIS_OID_REQUEST,
						  NDIS_STATUS);
typedef VOID(NTAPI *STATUS_HANDLER_EX)(NDIS_HANDLE, PNDIS_STATUS_INDICATION);
typedef VOID(NTAPI *RECEIVE_NET_BUFFER_LISTS_HANDLER)(NDIS_HANDLE,
						      PNET_BUFFER_LIST,
						      NDIS_PORT_NUMBER,
						      ULONG Count, ULONG Flags);
typedef VOID(NTAPI *SEND_NET_BUFFER_LISTS_COMPLETE_HANDLER)(NDIS_HANDLE,
							    PNET_BUFFER_LIST,
							    ULONG Flags);

typedef struct _NDIS_PROTOCOL_DRIVER_CHARACTERISTICS {
	NDIS_OBJECT_HEADER Header;
	UCHAR MajorNdisVersion;
	UCHAR MinorNdisVersion;
	UCHAR MajorDriverVersion;
	UCHAR MinorDriverVersion;
	ULONG Flags;
	NDIS_STRING Name;
	PVOID SetOptionsHandler;
	BIND_HANDLER_EX BindAdapterHandlerEx;
	UNBIND_HANDLER_EX UnbindAdapterHandlerEx;
	OPEN_ADAPTER_COMPLETE_HANDLER_EX OpenAdapterCompleteHandlerEx;
	CLOSE_ADAPTER_COMPLETE_HANDLER_EX CloseAdapterCompleteHandlerEx;
	NET_PNP_EVENT_HANDLER NetPnPEventHandler;
	PVOID UninstallHandler;
	OID_REQUEST_COMPLETE_HANDLER OidRequestCompleteHandler;
	STATUS_HANDLER_EX StatusHandlerEx;
	RECEIVE_NET_BUFFER_LISTS_HANDLER ReceiveNetBufferListsHandler;
	SEND_NET_BUFFER_LISTS_COMPLETE_HANDLER
	SendNetBufferListsCompleteHandler;
	PVOID DirectOidRequestCompleteHandler;
} NDIS_PROTOCOL_DRIVER_CHARACTERISTICS, *PNDIS_PROTOCOL_DRIVER_CHARACTERISTICS;

#define NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2 2
#define NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2 128

/* ---- a filter driver ----------------------------------------------------- */

/* Up to BaseMiniportName and the link, all that we read. */
typedef struct _NDIS_FILTER_ATTACH_PARAMETERS {
	NDIS_OBJECT_HEADER Header;
	NET_IFINDEX IfIndex;
	NET_LUID NetLuid;
	PNDIS_STRING FilterModuleGuidName;
	NET_IFINDEX BaseMiniportIfIndex;
	PNDIS_STRING BaseMiniportInstanceName;
	PNDIS_STRING BaseMiniportName;
	ULONG MediaConnectState;
	ULONG MediaDuplexState;
	ULONG64 XmitLinkSpeed;
	ULONG64 RcvLinkSpeed;
	NDIS_MEDIUM MiniportMediaType;
} NDIS_FILTER_ATTACH_PARAMETERS, *PNDIS_FILTER_ATTACH_PARAMETERS;

typedef struct _NDIS_FILTER_ATTRIBUTES {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
} NDIS_FILTER_ATTRIBUTES, *PNDIS_FILTER_ATTRIBUTES;

#define NDIS_FILTER_ATTRIBUTES_REVISION_1 1
#define NDIS_SIZEOF_FILTER_ATTRIBUTES_REVISION_1 8

typedef NDIS_STATUS(NTAPI *FILTER_ATTACH_HANDLER)(
    NDIS_HANDLE FilterHandle, NDIS_HANDLE DriverContext,
    PNDIS_FILTER_ATTACH_PARAMETERS);
typedef VOID(NTAPI *FILTER_DETACH_HANDLER)(NDIS_HANDLE);
typedef NDIS_STATUS(NTAPI *FILTER_RESTART_HANDLER)(NDIS_HANDLE, PVOID);
typedef NDIS_STATUS(NTAPI *FILTER_PAUSE_HANDLER)(NDIS_HANDLE, PVOID);
typedef VOID(NTAPI *FILTER_RECEIVE_HANDLER)(NDIS_HANDLE, PNET_BUFFER_LIST,
					    NDIS_PORT_NUMBER, ULONG Count,
					    ULONG Flags);
typedef VOID(NTAPI *FILTER_RETURN_HANDLER)(NDIS_HANDLE, PNET_BUFFER_LIST,
					   ULONG Flags);
typedef VOID(NTAPI *FILTER_STATUS_HANDLER)(NDIS_HANDLE,
					   PNDIS_STATUS_INDICATION);

typedef struct _NDIS_FILTER_DRIVER_CHARACTERISTICS {
	NDIS_OBJECT_HEADER Header;
	UCHAR MajorNdisVersion;
	UCHAR MinorNdisVersion;
	UCHAR MajorDriverVersion;
	UCHAR MinorDriverVersion;
	ULONG Flags;
	NDIS_STRING FriendlyName;
	NDIS_STRING UniqueName;
	NDIS_STRING ServiceName;
	PVOID SetOptionsHandler;
	PVOID SetFilterModuleOptionsHandler;
	FILTER_ATTACH_HANDLER AttachHandler;
	FILTER_DETACH_HANDLER DetachHandler;
	FILTER_RESTART_HANDLER RestartHandler;
	FILTER_PAUSE_HANDLER PauseHandler;
	PVOID SendNetBufferListsHandler;
	PVOID SendNetBufferListsCompleteHandler;
	PVOID CancelSendNetBufferListsHandler;
	FILTER_RECEIVE_HANDLER ReceiveNetBufferListsHandler;
	FILTER_RETURN_HANDLER ReturnNetBufferListsHandler;
	PVOID OidRequestHandler;
	PVOID OidRequestCompleteHandler;
	PVOID CancelOidRequestHandler;
	PVOID DevicePnPEventNotifyHandler;
	PVOID NetPnPEventHandler;
	FILTER_STATUS_HANDLER StatusHandler;
	PVOID DirectOidRequestHandler;
	PVOID DirectOidRequestCompleteHandler;
	PVOID CancelDirectOidRequestHandler;
	PVOID SynchronousOidRequestHandler;         /* revision 3 */
	PVOID SynchronousOidRequestCompleteHandler; /* revision 3 */
} NDIS_FILTER_DRIVER_CHARACTERISTICS, *PNDIS_FILTER_DRIVER_CHARACTERISTICS;

#define NDIS_FILTER_CHARACTERISTICS_REVISION_2 2
#define NDIS_FILTER_CHARACTERISTICS_REVISION_3 3
#define NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2 224
#define NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_3 240

/* ---- functions ----------------------------------------------------------- */

NDISAPI ULONG NTAPI NdisGetVersion(void);
NDISAPI NDIS_STATUS NTAPI NdisRegisterProtocolDriver(
    NDIS_HANDLE Context, PNDIS_PROTOCOL_DRIVER_CHARACTERISTICS, PNDIS_HANDLE);
NDISAPI VOID NTAPI NdisDeregisterProtocolDriver(NDIS_HANDLE);
NDISAPI NDIS_STATUS NTAPI NdisOpenAdapterEx(NDIS_HANDLE Protocol,
					    NDIS_HANDLE BindingContext,
					    PNDIS_OPEN_PARAMETERS,
					    NDIS_HANDLE BindContext,
					    PNDIS_HANDLE Binding);
NDISAPI NDIS_STATUS NTAPI NdisCloseAdapterEx(NDIS_HANDLE Binding);
NDISAPI NDIS_STATUS NTAPI NdisOidRequest(NDIS_HANDLE Binding,
					 PNDIS_OID_REQUEST);
NDISAPI VOID NTAPI NdisSendNetBufferLists(NDIS_HANDLE Binding, PNET_BUFFER_LIST,
					  NDIS_PORT_NUMBER, ULONG Flags);
NDISAPI UCHAR NTAPI NdisGeneratePartialCancelId(void);
NDISAPI VOID NTAPI NdisCancelSendNetBufferLists(NDIS_HANDLE Binding,
						PVOID CancelId);
NDISAPI VOID NTAPI NdisReturnNetBufferLists(NDIS_HANDLE Binding,
					    PNET_BUFFER_LIST, ULONG Flags);
NDISAPI NDIS_HANDLE NTAPI NdisAllocateNetBufferListPool(
    NDIS_HANDLE, PNET_BUFFER_LIST_POOL_PARAMETERS);
NDISAPI VOID NTAPI NdisFreeNetBufferListPool(NDIS_HANDLE Pool);
NDISAPI PNET_BUFFER_LIST NTAPI NdisAllocateNetBufferAndNetBufferList(
    NDIS_HANDLE Pool, USHORT ContextSize, USHORT ContextBackFill, PMDL,
    ULONG DataOffset, SIZE_T DataLength);
NDISAPI VOID NTAPI NdisFreeNetBufferList(PNET_BUFFER_LIST);
NDISAPI PVOID NTAPI NdisGetDataBuffer(PNET_BUFFER, ULONG BytesNeeded,
				      PVOID Storage, ULONG AlignMultiple,
				      ULONG AlignOffset);
NDISAPI NDIS_STATUS NTAPI
NdisFRegisterFilterDriver(PDRIVER_OBJECT, NDIS_HANDLE Context,
			  PNDIS_FILTER_DRIVER_CHARACTERISTICS, PNDIS_HANDLE);
NDISAPI VOID NTAPI NdisFDeregisterFilterDriver(NDIS_HANDLE);
NDISAPI NDIS_STATUS NTAPI NdisFSetAttributes(NDIS_HANDLE, NDIS_HANDLE Context,
					     PNDIS_FILTER_ATTRIBUTES);
NDISAPI VOID NTAPI NdisFIndicateReceiveNetBufferLists(NDIS_HANDLE,
						      PNET_BUFFER_LIST,
						      NDIS_PORT_NUMBER,
						      ULONG Count, ULONG Flags);
NDISAPI VOID NTAPI NdisFReturnNetBufferLists(NDIS_HANDLE, PNET_BUFFER_LIST,
					     ULONG Flags);
NDISAPI VOID NTAPI NdisFIndicateStatus(NDIS_HANDLE, PNDIS_STATUS_INDICATION);

#endif
