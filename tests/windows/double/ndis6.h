/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * NDIS 6 as the double has it: the second writing, from the sources named in
 * facts.def, never from the drivers' header.  64-bit Windows only.
 */
#ifndef IRL_TESTS_WINDOWS_NDIS6_H
#define IRL_TESTS_WINDOWS_NDIS6_H

#include <ntddk.h>

typedef int NDIS_STATUS;
typedef PVOID NDIS_HANDLE, *PNDIS_HANDLE;
typedef ULONG NDIS_PORT_NUMBER, NDIS_OID;
typedef int NDIS_MEDIUM;
typedef USHORT NET_FRAME_TYPE;

typedef struct _NDIS_OBJECT_HEADER {
	UCHAR Type, Revision;
	USHORT Size;
} NDIS_OBJECT_HEADER, *PNDIS_OBJECT_HEADER;

#define NDIS_OBJECT_TYPE_DEFAULT 0x80
#define NDIS_OBJECT_TYPE_BIND_PARAMETERS 0x86
#define NDIS_OBJECT_TYPE_OPEN_PARAMETERS 0x87
#define NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS 0x8B
#define NDIS_OBJECT_TYPE_FILTER_PARTIAL_CHARACTERISTICS 0x8C
#define NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES 0x8D
#define NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS 0x95
#define NDIS_OBJECT_TYPE_OID_REQUEST 0x96
#define NDIS_OBJECT_TYPE_STATUS_INDICATION 0x98
#define NDIS_OBJECT_TYPE_FILTER_ATTACH_PARAMETERS 0x99
#define NDIS_OBJECT_TYPE_FILTER_PAUSE_PARAMETERS 0x9A
#define NDIS_OBJECT_TYPE_FILTER_RESTART_PARAMETERS 0x9B
#define NDIS_OBJECT_TYPE_OFFLOAD 0xA7

#define NDIS_FILTER_CHARACTERISTICS_REVISION_2 2
#define NDIS_FILTER_CHARACTERISTICS_REVISION_3 3
#define NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2 0xE0
#define NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_3 0xF0
#define NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2 0x80
#define NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1 0x34
#define NDIS_SIZEOF_OID_REQUEST_REVISION_1 0xEC
#define NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 0x10

#define NDIS_STATUS_SUCCESS 0
#define NDIS_STATUS_PENDING 0x103
#define NDIS_STATUS_FAILURE ((NDIS_STATUS)0xC0000001)
#define NDIS_STATUS_RESOURCES ((NDIS_STATUS)0xC000009A)
#define NDIS_STATUS_NOT_SUPPORTED ((NDIS_STATUS)0xC00000BB)
#define NDIS_STATUS_INVALID_PARAMETER ((NDIS_STATUS)0xC000000D)
#define NDIS_STATUS_BAD_VERSION ((NDIS_STATUS)0xC0010004)
#define NDIS_STATUS_BAD_CHARACTERISTICS ((NDIS_STATUS)0xC0010005)
#define NDIS_STATUS_RESET_IN_PROGRESS ((NDIS_STATUS)0xC001000D)
#define NDIS_STATUS_INVALID_PACKET ((NDIS_STATUS)0xC001000F)
#define NDIS_STATUS_INVALID_LENGTH ((NDIS_STATUS)0xC0010014)
#define NDIS_STATUS_INVALID_DATA ((NDIS_STATUS)0xC0010015)
#define NDIS_STATUS_BUFFER_TOO_SHORT ((NDIS_STATUS)0xC0010016)
#define NDIS_STATUS_ADAPTER_REMOVED ((NDIS_STATUS)0xC0010018)
#define NDIS_STATUS_UNSUPPORTED_MEDIA ((NDIS_STATUS)0xC0010019)
#define NDIS_STATUS_SEND_ABORTED ((NDIS_STATUS)0xC023000C)
#define NDIS_STATUS_MEDIA_DISCONNECTED ((NDIS_STATUS)0xC023001F)
#define NDIS_STATUS_PAUSED ((NDIS_STATUS)0xC023002A)
#define NDIS_STATUS_LOW_POWER_STATE ((NDIS_STATUS)0xC023002F)
#define NDIS_STATUS_LINK_STATE ((NDIS_STATUS)0x40010017)
#define NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG ((NDIS_STATUS)0x40020006)
#define NDIS_RUNTIME_VERSION_684 0x00060054

#define NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL 1
#define NDIS_RECEIVE_FLAGS_RESOURCES 2
#define NDIS_SEND_FLAGS_DISPATCH_LEVEL 1
#define NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL 1

#define OID_GEN_MAXIMUM_FRAME_SIZE 0x00010106
#define OID_GEN_LINK_SPEED 0x00010107
#define OID_GEN_CURRENT_PACKET_FILTER 0x0001010E
#define OID_GEN_MAXIMUM_TOTAL_SIZE 0x00010111
#define OID_GEN_LINK_STATE 0x00010207
#define OID_802_3_CURRENT_ADDRESS 0x01010102
#define OID_TCP_OFFLOAD_CURRENT_CONFIG 0xFC01020B

typedef enum {
	TcpIpChecksumNetBufferListInfo = 0,
	TcpLargeSendNetBufferListInfo = 2,
	Ieee8021QNetBufferListInfo = 4,
	NetBufferListCancelId = 5,
	NetBufferListFrameType = 7,
	NetBufferListHashValue = 8,
	NetBufferListHashInfo = 9,
	TcpRecvSegCoalesceInfo = 22,
	MaxNetBufferListInfo = 26
} NDIS_NET_BUFFER_LIST_INFO;

typedef struct _NET_BUFFER_LIST_CONTEXT {
	struct _NET_BUFFER_LIST_CONTEXT *Next;
	USHORT Size, Offset;
	UCHAR DECLSPEC_ALIGN(16) ContextData[];
} NET_BUFFER_LIST_CONTEXT, *PNET_BUFFER_LIST_CONTEXT;

typedef struct _NET_BUFFER {
	union {
		struct {
			struct _NET_BUFFER *Next;
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
	USHORT ChecksumBias, Reserved;
	NDIS_HANDLE NdisPoolHandle;
	PVOID DECLSPEC_ALIGN(16) NdisReserved[2];
	PVOID DECLSPEC_ALIGN(16) ProtocolReserved[6];
	PVOID DECLSPEC_ALIGN(16) MiniportReserved[4];
	PHYSICAL_ADDRESS DataPhysicalAddress;
	PVOID SharedMemoryInfo;
} NET_BUFFER, *PNET_BUFFER;

typedef struct _NET_BUFFER_LIST {
	union {
		struct {
			struct _NET_BUFFER_LIST *Next;
			PNET_BUFFER FirstNetBuffer;
		};
		SLIST_HEADER Link;
	};
	PNET_BUFFER_LIST_CONTEXT Context;
	struct _NET_BUFFER_LIST *ParentNetBufferList;
	NDIS_HANDLE NdisPoolHandle;
	PVOID DECLSPEC_ALIGN(16) NdisReserved[2];
	PVOID DECLSPEC_ALIGN(16) ProtocolReserved[4];
	PVOID DECLSPEC_ALIGN(16) MiniportReserved[2];
	PVOID Scratch;
	NDIS_HANDLE SourceHandle;
	ULONG NblFlags;
	LONG ChildRefCount;
	ULONG Flags;
	NDIS_STATUS Status;
	PVOID NetBufferListInfo[MaxNetBufferListInfo];
} NET_BUFFER_LIST, *PNET_BUFFER_LIST;

typedef struct _NET_BUFFER_LIST_POOL_PARAMETERS {
	NDIS_OBJECT_HEADER Header;
	UCHAR ProtocolId;
	BOOLEAN fAllocateNetBuffer;
	USHORT ContextSize;
	ULONG PoolTag, DataSize;
} NET_BUFFER_LIST_POOL_PARAMETERS, *PNET_BUFFER_LIST_POOL_PARAMETERS;

typedef struct _NDIS_BIND_PARAMETERS {
	NDIS_OBJECT_HEADER Header;
	PUNICODE_STRING ProtocolSection, AdapterName;
	PDEVICE_OBJECT PhysicalDeviceObject;
	NDIS_MEDIUM MediaType;
	ULONG MtuSize;
	ULONG64 MaxXmitLinkSpeed, XmitLinkSpeed, MaxRcvLinkSpeed, RcvLinkSpeed;
	int MediaConnectState, MediaDuplexState;
	ULONG LookaheadSize;
	PVOID PowerManagementCapabilities;
	ULONG SupportedPacketFilters, MaxMulticastListSize;
	USHORT MacAddressLength;
	UCHAR CurrentMacAddress[32];
	int PhysicalMediumType;
	PVOID RcvScaleCapabilities;
	ULONG64 BoundIfNetluid;
	ULONG BoundIfIndex;
	ULONG64 LowestIfNetluid;
	ULONG LowestIfIndex;
	int AccessType, DirectionType, ConnectionType;
	USHORT IfType;
	BOOLEAN IfConnectorPresent;
	PVOID ActivePorts;
	ULONG DataBackFillSize, ContextBackFillSize, MacOptions;
	UINT CompartmentId;
	PVOID DefaultOffloadConfiguration, TcpConnectionOffloadCapabilities;
	PUNICODE_STRING BoundAdapterName;
	PVOID HDSplitCurrentConfig;
} NDIS_BIND_PARAMETERS, *PNDIS_BIND_PARAMETERS;

typedef struct _NDIS_OPEN_PARAMETERS {
	NDIS_OBJECT_HEADER Header;
	PUNICODE_STRING AdapterName;
	NDIS_MEDIUM *MediumArray;
	UINT MediumArraySize;
	PUINT SelectedMediumIndex;
	NET_FRAME_TYPE *FrameTypeArray;
	UINT FrameTypeArraySize;
} NDIS_OPEN_PARAMETERS, *PNDIS_OPEN_PARAMETERS;

typedef struct _NDIS_OID_REQUEST {
	NDIS_OBJECT_HEADER Header;
	int RequestType; /* 0 query, 1 set, 2 query statistics */
	NDIS_PORT_NUMBER PortNumber;
	UINT Timeout;
	PVOID RequestId;
	NDIS_HANDLE RequestHandle;
	union {
		struct {
			NDIS_OID Oid;
			PVOID InformationBuffer;
			UINT InformationBufferLength, BytesWritten, BytesNeeded;
		} QUERY_INFORMATION;
		struct {
			NDIS_OID Oid;
			PVOID InformationBuffer;
			UINT InformationBufferLength, BytesRead, BytesNeeded;
		} SET_INFORMATION;
		UCHAR METHOD_INFORMATION[0x28];
	} DATA;
	UCHAR NdisReserved[128], MiniportReserved[16], SourceReserved[16];
	UCHAR SupportedRevision, Reserved1;
	USHORT Reserved2;
} NDIS_OID_REQUEST, *PNDIS_OID_REQUEST;

typedef struct _NDIS_STATUS_INDICATION {
	NDIS_OBJECT_HEADER Header;
	NDIS_HANDLE SourceHandle;
	NDIS_PORT_NUMBER PortNumber;
	NDIS_STATUS StatusCode;
	ULONG Flags;
	NDIS_HANDLE DestinationHandle;
	PVOID RequestId, StatusBuffer;
	ULONG StatusBufferSize;
	GUID Guid;
	PVOID NdisReserved[4];
} NDIS_STATUS_INDICATION, *PNDIS_STATUS_INDICATION;

typedef struct _NDIS_LINK_STATE {
	NDIS_OBJECT_HEADER Header;
	int MediaConnectState, MediaDuplexState;
	ULONG64 XmitLinkSpeed, RcvLinkSpeed;
	int PauseFunctions;
	ULONG AutoNegotiationFlags;
} NDIS_LINK_STATE, *PNDIS_LINK_STATE;

/* Its beginning: what an adapter computes, 0 no, 1 yes; 112 bytes in all. */
typedef struct _NDIS_OFFLOAD {
	NDIS_OBJECT_HEADER Header;
	struct {
		ULONG Encapsulation, Can; /* of 2 bits each, see DDI */
	} IPv4Transmit, IPv4Receive, IPv6Transmit, IPv6Receive;
	UCHAR Rest[112 - 36];
} NDIS_OFFLOAD;

enum { NetEventPause = 8, NetEventRestart = 9 };
typedef struct _NET_PNP_EVENT {
	int NetEvent;
	PVOID Buffer;
	ULONG BufferLength;
	ULONG_PTR NdisReserved[4], TransportReserved[4], TdiReserved[4],
	    TdiClientReserved[4];
} NET_PNP_EVENT;
typedef struct _NET_PNP_EVENT_NOTIFICATION {
	NDIS_OBJECT_HEADER Header;
	NDIS_PORT_NUMBER PortNumber;
	NET_PNP_EVENT NetPnPEvent;
	ULONG Flags;
} NET_PNP_EVENT_NOTIFICATION, *PNET_PNP_EVENT_NOTIFICATION;

typedef struct _NDIS_PROTOCOL_DRIVER_CHARACTERISTICS {
	NDIS_OBJECT_HEADER Header;
	UCHAR MajorNdisVersion, MinorNdisVersion;
	UCHAR MajorDriverVersion, MinorDriverVersion;
	ULONG Flags;
	UNICODE_STRING Name;
	PVOID SetOptionsHandler;
	NDIS_STATUS(NTAPI *BindAdapterHandlerEx)
	(NDIS_HANDLE, NDIS_HANDLE, PNDIS_BIND_PARAMETERS);
	NDIS_STATUS(NTAPI *UnbindAdapterHandlerEx)(NDIS_HANDLE, NDIS_HANDLE);
	VOID(NTAPI *OpenAdapterCompleteHandlerEx)(NDIS_HANDLE, NDIS_STATUS);
	VOID(NTAPI *CloseAdapterCompleteHandlerEx)(NDIS_HANDLE);
	NDIS_STATUS(NTAPI *NetPnPEventHandler)
	(NDIS_HANDLE, PNET_PNP_EVENT_NOTIFICATION);
	VOID(NTAPI *UninstallHandler)(VOID);
	VOID(NTAPI *OidRequestCompleteHandler)
	(NDIS_HANDLE, PNDIS_OID_REQUEST, NDIS_STATUS);
	VOID(NTAPI *StatusHandlerEx)(NDIS_HANDLE, PNDIS_STATUS_INDICATION);
	VOID(NTAPI *ReceiveNetBufferListsHandler)
	(NDIS_HANDLE, PNET_BUFFER_LIST, NDIS_PORT_NUMBER, ULONG, ULONG);
	VOID(NTAPI *SendNetBufferListsCompleteHandler)
	(NDIS_HANDLE, PNET_BUFFER_LIST, ULONG);
	PVOID DirectOidRequestCompleteHandler;
} NDIS_PROTOCOL_DRIVER_CHARACTERISTICS, *PNDIS_PROTOCOL_DRIVER_CHARACTERISTICS;

typedef struct _NDIS_FILTER_ATTACH_PARAMETERS {
	NDIS_OBJECT_HEADER Header;
	ULONG IfIndex;
	ULONG64 NetLuid;
	PUNICODE_STRING FilterModuleGuidName;
	ULONG BaseMiniportIfIndex;
	PUNICODE_STRING BaseMiniportInstanceName, BaseMiniportName;
	int MediaConnectState, MediaDuplexState;
	ULONG64 XmitLinkSpeed, RcvLinkSpeed;
	NDIS_MEDIUM MiniportMediaType;
	int MiniportPhysicalMediaType;
	NDIS_HANDLE MiniportMediaSpecificAttributes;
	PVOID DefaultOffloadConfiguration;
	USHORT MacAddressLength;
	UCHAR CurrentMacAddress[32];
	ULONG64 BaseMiniportNetLuid;
	ULONG LowerIfIndex;
	ULONG64 LowerIfNetLuid;
	ULONG Flags;
	PVOID HDSplitCurrentConfig, ReceiveFilterCapabilities;
	PDEVICE_OBJECT MiniportPhysicalDeviceObject;
	PVOID NicSwitchCapabilities;
	BOOLEAN BaseMiniportIfConnectorPresent;
	PVOID SriovCapabilities, NicSwitchArray;
} NDIS_FILTER_ATTACH_PARAMETERS, *PNDIS_FILTER_ATTACH_PARAMETERS;

typedef struct _NDIS_FILTER_ATTRIBUTES {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
} NDIS_FILTER_ATTRIBUTES, *PNDIS_FILTER_ATTRIBUTES;

typedef struct _NDIS_FILTER_RESTART_PARAMETERS {
	NDIS_OBJECT_HEADER Header;
	NDIS_MEDIUM MiniportMediaType;
	int MiniportPhysicalMediaType;
	PVOID RestartAttributes;
	ULONG LowerIfIndex;
	ULONG64 LowerIfNetLuid;
	ULONG Flags;
} NDIS_FILTER_RESTART_PARAMETERS, *PNDIS_FILTER_RESTART_PARAMETERS;

typedef struct _NDIS_FILTER_PAUSE_PARAMETERS {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags, PauseReason;
} NDIS_FILTER_PAUSE_PARAMETERS, *PNDIS_FILTER_PAUSE_PARAMETERS;

typedef struct _NDIS_FILTER_DRIVER_CHARACTERISTICS {
	NDIS_OBJECT_HEADER Header;
	UCHAR MajorNdisVersion, MinorNdisVersion;
	UCHAR MajorDriverVersion, MinorDriverVersion;
	ULONG Flags;
	UNICODE_STRING FriendlyName, UniqueName, ServiceName;
	PVOID SetOptionsHandler, SetFilterModuleOptionsHandler;
	NDIS_STATUS(NTAPI *AttachHandler)
	(NDIS_HANDLE, NDIS_HANDLE, PNDIS_FILTER_ATTACH_PARAMETERS);
	VOID(NTAPI *DetachHandler)(NDIS_HANDLE);
	NDIS_STATUS(NTAPI *RestartHandler)
	(NDIS_HANDLE, PNDIS_FILTER_RESTART_PARAMETERS);
	NDIS_STATUS(NTAPI *PauseHandler)
	(NDIS_HANDLE, PNDIS_FILTER_PAUSE_PARAMETERS);
	VOID(NTAPI *SendNetBufferListsHandler)
	(NDIS_HANDLE, PNET_BUFFER_LIST, NDIS_PORT_NUMBER, ULONG);
	VOID(NTAPI *SendNetBufferListsCompleteHandler)
	(NDIS_HANDLE, PNET_BUFFER_LIST, ULONG);
	PVOID CancelSendNetBufferListsHandler;
	VOID(NTAPI *ReceiveNetBufferListsHandler)
	(NDIS_HANDLE, PNET_BUFFER_LIST, NDIS_PORT_NUMBER, ULONG, ULONG);
	VOID(NTAPI *ReturnNetBufferListsHandler)
	(NDIS_HANDLE, PNET_BUFFER_LIST, ULONG);
	PVOID OidRequestHandler, OidRequestCompleteHandler;
	PVOID CancelOidRequestHandler, DevicePnPEventNotifyHandler;
	PVOID NetPnPEventHandler;
	VOID(NTAPI *StatusHandler)(NDIS_HANDLE, PNDIS_STATUS_INDICATION);
	PVOID DirectOidRequestHandler;
	PVOID DirectOidRequestCompleteHandler, CancelDirectOidRequestHandler;
	PVOID SynchronousOidRequestHandler; /* revision 3 */
	PVOID SynchronousOidRequestHandlerComplete;
} NDIS_FILTER_DRIVER_CHARACTERISTICS, *PNDIS_FILTER_DRIVER_CHARACTERISTICS;

/* -- what NDIS exports -- */
NDIS_HANDLE
NTAPI NdisAllocateNetBufferListPool(NDIS_HANDLE,
				    PNET_BUFFER_LIST_POOL_PARAMETERS);
VOID NTAPI NdisFreeNetBufferListPool(NDIS_HANDLE);
PNET_BUFFER_LIST NTAPI NdisAllocateNetBufferAndNetBufferList(NDIS_HANDLE,
							     USHORT, USHORT,
							     PMDL, ULONG,
							     SIZE_T);
VOID NTAPI NdisFreeNetBufferList(PNET_BUFFER_LIST);
PVOID NTAPI NdisGetDataBuffer(PNET_BUFFER, ULONG, PVOID, UINT, UINT);
NDIS_STATUS NTAPI NdisRegisterProtocolDriver(
    NDIS_HANDLE, PNDIS_PROTOCOL_DRIVER_CHARACTERISTICS, PNDIS_HANDLE);
VOID NTAPI NdisDeregisterProtocolDriver(NDIS_HANDLE);
NDIS_STATUS NTAPI NdisOpenAdapterEx(NDIS_HANDLE, NDIS_HANDLE,
				    PNDIS_OPEN_PARAMETERS, NDIS_HANDLE,
				    PNDIS_HANDLE);
NDIS_STATUS NTAPI NdisCloseAdapterEx(NDIS_HANDLE);
VOID NTAPI NdisCompleteBindAdapterEx(NDIS_HANDLE, NDIS_STATUS);
VOID NTAPI NdisCompleteUnbindAdapterEx(NDIS_HANDLE);
VOID NTAPI NdisCompleteNetPnPEvent(NDIS_HANDLE, PNET_PNP_EVENT_NOTIFICATION,
				   NDIS_STATUS);
NDIS_STATUS NTAPI NdisOidRequest(NDIS_HANDLE, PNDIS_OID_REQUEST);
UCHAR NTAPI NdisGeneratePartialCancelId(VOID);
VOID NTAPI NdisCancelSendNetBufferLists(NDIS_HANDLE, PVOID CancelId);
VOID NTAPI NdisSendNetBufferLists(NDIS_HANDLE, PNET_BUFFER_LIST,
				  NDIS_PORT_NUMBER, ULONG);
VOID NTAPI NdisReturnNetBufferLists(NDIS_HANDLE, PNET_BUFFER_LIST, ULONG);
NDIS_STATUS NTAPI NdisFRegisterFilterDriver(PDRIVER_OBJECT, NDIS_HANDLE,
					    PNDIS_FILTER_DRIVER_CHARACTERISTICS,
					    PNDIS_HANDLE);
VOID NTAPI NdisFDeregisterFilterDriver(NDIS_HANDLE);
NDIS_STATUS NTAPI NdisFSetAttributes(NDIS_HANDLE, NDIS_HANDLE,
				     PNDIS_FILTER_ATTRIBUTES);
VOID NTAPI NdisFPauseComplete(NDIS_HANDLE);
VOID NTAPI NdisFRestartComplete(NDIS_HANDLE, NDIS_STATUS);
VOID NTAPI NdisFSendNetBufferLists(NDIS_HANDLE, PNET_BUFFER_LIST,
				   NDIS_PORT_NUMBER, ULONG);
VOID NTAPI NdisFSendNetBufferListsComplete(NDIS_HANDLE, PNET_BUFFER_LIST,
					   ULONG);
VOID NTAPI NdisFIndicateReceiveNetBufferLists(NDIS_HANDLE, PNET_BUFFER_LIST,
					      NDIS_PORT_NUMBER, ULONG, ULONG);
VOID NTAPI NdisFReturnNetBufferLists(NDIS_HANDLE, PNET_BUFFER_LIST, ULONG);
VOID NTAPI NdisFIndicateStatus(NDIS_HANDLE, PNDIS_STATUS_INDICATION);
UINT NTAPI NdisGetVersion(VOID);

#endif
