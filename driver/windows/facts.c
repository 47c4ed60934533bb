// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the drivers assume of NDIS and of the kernel, each with a public source
 * that is independent of this project.  A constant remembered wrongly works
 * with our own double and fails on Windows, so: no fact without a row here, and
 * each build of each driver compiles this file.  The double under tests/windows
 * has a second table, written separately.
 *
 * Sources:
 *  DDI     MicrosoftDocs/windows-driver-docs-ddi, wdk-ddi-src/content/...
 *  SYM     ntdiff/headers: types from Microsoft's public symbols of ndis.sys,
 *          x64, Windows 8 to 10 20H1, with offsets
 *  META    microsoft/windows-rs, from Microsoft's metadata of its headers
 *  MINGW   mingw-w64 10's ntddndis.h, ntstatus.h, ddk/ndis.h, ddk/netpnp.h,
 *          ddk/wdm.h
 *  NDL     microsoft/ndis-driver-library
 *  XDP     microsoft/xdp-for-windows
 *  ROS     ahmedarif193/reactos, headers of its NDIS 6 support
 */
#include "common.h"

#define FACT(condition, source) C_ASSERT(condition)
#define AT(type, field, offset, source)                                        \
	C_ASSERT(FIELD_OFFSET(type, field) == (offset))
#define SIZE(type, bytes, source) C_ASSERT(sizeof(type) == (bytes))

/* ---- objects ------------------------------------------------------------- */

SIZE(NDIS_OBJECT_HEADER, 4, "SYM");
AT(NDIS_OBJECT_HEADER, Type, 0, "SYM");
AT(NDIS_OBJECT_HEADER, Revision, 1, "SYM");
AT(NDIS_OBJECT_HEADER, Size, 2, "SYM");
FACT(NDIS_OBJECT_TYPE_DEFAULT == 128, "META");
FACT(NDIS_OBJECT_TYPE_OPEN_PARAMETERS == 135, "META");
FACT(NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS == 139, "META");
FACT(NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES == 141, "META");
FACT(NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS == 149, "META");
FACT(NDIS_OBJECT_TYPE_OID_REQUEST == 150, "META");
FACT(NdisMedium802_3 == 0, "MINGW");
FACT(NdisRequestQueryInformation == 0 && NdisRequestSetInformation == 1,
     "MINGW");
FACT(sizeof(NDIS_MEDIUM) == 4 && sizeof(NDIS_REQUEST_TYPE) == 4, "SYM");

/* ---- status values ------------------------------------------------------- */

FACT(NDIS_STATUS_PENDING == 0x103, "MINGW STATUS_PENDING");
FACT(NDIS_STATUS_LINK_STATE == 0x40010017, "MINGW");
FACT(NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG == 0x40020006, "MINGW ddk/ndis.h");
FACT(NDIS_STATUS_FAILURE == (NDIS_STATUS)0xC0000001, "MINGW");
FACT(NDIS_STATUS_INVALID_PARAMETER == (NDIS_STATUS)0xC000000D, "MINGW");
FACT(NDIS_STATUS_RESOURCES == (NDIS_STATUS)0xC000009A, "MINGW");
FACT(NDIS_STATUS_NOT_SUPPORTED == (NDIS_STATUS)0xC00000BB, "MINGW");
FACT(NDIS_STATUS_BAD_VERSION == (NDIS_STATUS)0xC0010004, "MINGW ddk/ndis.h");
FACT(NDIS_STATUS_SEND_ABORTED == (NDIS_STATUS)0xC023000C,
     "MINGW: SEND_ABORTED is STATUS_NDIS_REQUEST_ABORTED");
FACT(NDIS_STATUS_REQUEST_ABORTED == (NDIS_STATUS)0xC001000C,
     "MINGW ddk/ndis.h");
FACT(NDIS_STATUS_RESET_IN_PROGRESS == (NDIS_STATUS)0xC001000D,
     "MINGW ddk/ndis.h");
FACT(NDIS_STATUS_INVALID_PACKET == (NDIS_STATUS)0xC001000F, "MINGW ddk/ndis.h");
FACT(NDIS_STATUS_INVALID_LENGTH == (NDIS_STATUS)0xC0010014, "MINGW ddk/ndis.h");
FACT(NDIS_STATUS_INVALID_DATA == (NDIS_STATUS)0xC0010015, "MINGW ddk/ndis.h");
FACT(NDIS_STATUS_ADAPTER_REMOVED == (NDIS_STATUS)0xC0010018,
     "MINGW ddk/ndis.h");
FACT(NDIS_STATUS_UNSUPPORTED_MEDIA == (NDIS_STATUS)0xC0010019,
     "MINGW ddk/ndis.h");
FACT(NDIS_STATUS_MEDIA_DISCONNECTED == (NDIS_STATUS)0xC023001F, "MINGW");
FACT(NDIS_STATUS_PAUSED == (NDIS_STATUS)0xC023002A, "MINGW");
FACT(NDIS_STATUS_LOW_POWER_STATE == (NDIS_STATUS)0xC023002F, "MINGW");

/* ---- frames -------------------------------------------------------------- */

SIZE(NET_BUFFER, 0xb0, "SYM");
AT(NET_BUFFER, Next, 0, "SYM");
AT(NET_BUFFER, CurrentMdl, 0x08, "SYM");
AT(NET_BUFFER, CurrentMdlOffset, 0x10, "SYM");
AT(NET_BUFFER, DataLength, 0x18, "SYM");
AT(NET_BUFFER, MdlChain, 0x20, "SYM");
AT(NET_BUFFER, DataOffset, 0x28, "SYM");
AT(NET_BUFFER, ChecksumBias, 0x30, "SYM");
AT(NET_BUFFER, NdisPoolHandle, 0x38, "SYM");
AT(NET_BUFFER, NdisReserved, 0x40, "SYM");
AT(NET_BUFFER, ProtocolReserved, 0x50, "SYM");
AT(NET_BUFFER, MiniportReserved, 0x80, "SYM");
AT(NET_BUFFER, DataPhysicalAddress, 0xa0, "SYM");

/* 0x160 up to Windows 10 1507, 0x180 at 20H1: NDIS allocates them, never we */
SIZE(NET_BUFFER_LIST, 0x160, "SYM");
AT(NET_BUFFER_LIST, Next, 0, "SYM");
AT(NET_BUFFER_LIST, FirstNetBuffer, 0x08, "SYM");
AT(NET_BUFFER_LIST, Context, 0x10, "SYM");
AT(NET_BUFFER_LIST, ParentNetBufferList, 0x18, "SYM");
AT(NET_BUFFER_LIST, NdisPoolHandle, 0x20, "SYM");
AT(NET_BUFFER_LIST, NdisReserved, 0x30, "SYM");
AT(NET_BUFFER_LIST, ProtocolReserved, 0x40, "SYM");
AT(NET_BUFFER_LIST, MiniportReserved, 0x60, "SYM");
AT(NET_BUFFER_LIST, Scratch, 0x70, "SYM");
AT(NET_BUFFER_LIST, SourceHandle, 0x78, "SYM");
AT(NET_BUFFER_LIST, NblFlags, 0x80, "SYM");
AT(NET_BUFFER_LIST, ChildRefCount, 0x84, "SYM");
AT(NET_BUFFER_LIST, Flags, 0x88, "SYM");
AT(NET_BUFFER_LIST, Status, 0x8c, "SYM");
AT(NET_BUFFER_LIST, NetBufferListInfo, 0x90, "SYM");

AT(NET_BUFFER_LIST_CONTEXT, Size, 8, "NDL");
AT(NET_BUFFER_LIST_CONTEXT, Offset, 10, "NDL");
AT(NET_BUFFER_LIST_CONTEXT, ContextData, 16, "NDL");
SIZE(NET_BUFFER_LIST_CONTEXT, 16, "NDL");

FACT(TcpIpChecksumNetBufferListInfo == 0, "SYM");
FACT(Ieee8021QNetBufferListInfo == 4, "SYM");
FACT(NetBufferListCancelId == 5, "SYM");
FACT(TcpRecvSegCoalesceInfo == 22, "SYM");
FACT(MaxNetBufferListInfo == 26, "SYM: Windows 8");

SIZE(NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO, 8, "DDI nblchecksum");
SIZE(NDIS_RSC_NBL_INFO, 8, "SYM");
AT(NDIS_RSC_NBL_INFO, Info.CoalescedSegCount, 0, "SYM");
AT(NDIS_RSC_NBL_INFO, Info.DupAckCount, 2, "SYM");

SIZE(NET_BUFFER_LIST_POOL_PARAMETERS, 16, "SYM");
AT(NET_BUFFER_LIST_POOL_PARAMETERS, ProtocolId, 4, "SYM");
AT(NET_BUFFER_LIST_POOL_PARAMETERS, fAllocateNetBuffer, 5, "SYM");
AT(NET_BUFFER_LIST_POOL_PARAMETERS, ContextSize, 6, "SYM");
AT(NET_BUFFER_LIST_POOL_PARAMETERS, PoolTag, 8, "SYM");
AT(NET_BUFFER_LIST_POOL_PARAMETERS, DataSize, 12, "SYM");
FACT(NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 == 1, "DDI nblapi");
FACT(NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 ==
	 RTL_SIZEOF_THROUGH_FIELD(NET_BUFFER_LIST_POOL_PARAMETERS, DataSize),
     "ROS");
FACT(NDIS_PROTOCOL_ID_DEFAULT == 0, "DDI nblapi");

FACT(NDIS_SEND_FLAGS_DISPATCH_LEVEL == 1, "ROS");
FACT(NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL == 1, "ROS");
FACT(NDIS_RECEIVE_FLAGS_RESOURCES == 2, "ROS");
FACT(NDIS_RETURN_FLAGS_DISPATCH_LEVEL == 1, "ROS");

/* ---- requests to the adapter --------------------------------------------- */

FACT(OID_GEN_CURRENT_PACKET_FILTER == 0x0001010E, "MINGW");
FACT(OID_TCP_OFFLOAD_CURRENT_CONFIG == 0xFC01020B, "MINGW");
FACT(NDIS_PACKET_TYPE_ALL_MULTICAST == 4, "META, MINGW");

SIZE(NDIS_OID_REQUEST, 0xf0, "SYM");
AT(NDIS_OID_REQUEST, RequestType, 0x04, "SYM");
AT(NDIS_OID_REQUEST, PortNumber, 0x08, "SYM");
AT(NDIS_OID_REQUEST, Timeout, 0x0c, "SYM");
AT(NDIS_OID_REQUEST, RequestId, 0x10, "SYM");
AT(NDIS_OID_REQUEST, RequestHandle, 0x18, "SYM");
AT(NDIS_OID_REQUEST, DATA, 0x20, "SYM");
AT(NDIS_OID_REQUEST, DATA.QUERY_INFORMATION.InformationBuffer, 0x28, "SYM");
AT(NDIS_OID_REQUEST, DATA.QUERY_INFORMATION.InformationBufferLength, 0x30,
   "SYM");
AT(NDIS_OID_REQUEST, DATA.QUERY_INFORMATION.BytesWritten, 0x34, "SYM");
AT(NDIS_OID_REQUEST, DATA.QUERY_INFORMATION.BytesNeeded, 0x38, "SYM");
AT(NDIS_OID_REQUEST, NdisReserved, 0x48, "SYM");
AT(NDIS_OID_REQUEST, MiniportReserved, 0xc8, "SYM");
AT(NDIS_OID_REQUEST, SourceReserved, 0xd8, "SYM");
AT(NDIS_OID_REQUEST, SupportedRevision, 0xe8, "SYM");
FACT(NDIS_OID_REQUEST_REVISION_1 == 1, "DDI oidrequest");
FACT(NDIS_SIZEOF_OID_REQUEST_REVISION_1 ==
	 RTL_SIZEOF_THROUGH_FIELD(NDIS_OID_REQUEST, Reserved2),
     "ROS");

SIZE(NDIS_TCP_IP_CHECKSUM_OFFLOAD, 32, "MINGW");
AT(NDIS_OFFLOAD_HEAD, Checksum, 4, "MINGW");
AT(NDIS_OFFLOAD_HEAD, Checksum.IPv6Transmit, 20, "MINGW");
FACT(NDIS_OFFLOAD_NOT_SUPPORTED == 0, "META");
FACT(NDIS_OFFLOAD_SUPPORTED == 1, "META");
FACT(NDIS_ENCAPSULATION_IEEE_802_3 == 2, "META");

/* ---- events -------------------------------------------------------------- */

FACT(NetEventSetPower == 0, "SYM");
FACT(NetEventPause == 8, "SYM");
FACT(NetEventRestart == 9, "SYM");
FACT(NetEventPortDeactivation == 11, "SYM");
SIZE(NET_PNP_EVENT, 0x98, "SYM");
AT(NET_PNP_EVENT, Buffer, 0x08, "SYM");
AT(NET_PNP_EVENT, BufferLength, 0x10, "SYM");
AT(NET_PNP_EVENT_NOTIFICATION, PortNumber, 0x04, "SYM");
AT(NET_PNP_EVENT_NOTIFICATION, NetPnPEvent, 0x08, "SYM");
AT(NET_PNP_EVENT_NOTIFICATION, Flags, 0xa0, "SYM");

SIZE(NDIS_STATUS_INDICATION, 0x70, "SYM");
AT(NDIS_STATUS_INDICATION, SourceHandle, 0x08, "SYM");
AT(NDIS_STATUS_INDICATION, StatusCode, 0x14, "SYM");
AT(NDIS_STATUS_INDICATION, Flags, 0x18, "SYM");
AT(NDIS_STATUS_INDICATION, StatusBuffer, 0x30, "SYM");
AT(NDIS_STATUS_INDICATION, StatusBufferSize, 0x38, "SYM");
AT(NDIS_STATUS_INDICATION, Guid, 0x3c, "SYM");
AT(NDIS_STATUS_INDICATION, NdisReserved, 0x50, "SYM");
AT(NDIS_LINK_STATE_HEAD, MediaConnectState, 4, "MINGW");
AT(NDIS_LINK_STATE_HEAD, XmitLinkSpeed, 16, "MINGW");
FACT(NDIS_MEDIA_STATE_CONNECTED == 1, "SYM");

/* ---- a protocol driver --------------------------------------------------- */

AT(NDIS_BIND_PARAMETERS, ProtocolSection, 0x08, "SYM");
AT(NDIS_BIND_PARAMETERS, AdapterName, 0x10, "SYM");
AT(NDIS_BIND_PARAMETERS, PhysicalDeviceObject, 0x18, "SYM");
AT(NDIS_BIND_PARAMETERS, MediaType, 0x20, "SYM");
AT(NDIS_BIND_PARAMETERS, MtuSize, 0x24, "SYM");
AT(NDIS_BIND_PARAMETERS, XmitLinkSpeed, 0x30, "SYM");
AT(NDIS_BIND_PARAMETERS, MediaConnectState, 0x48, "SYM");
AT(NDIS_BIND_PARAMETERS, PowerManagementCapabilities, 0x58, "SYM");
AT(NDIS_BIND_PARAMETERS, MacAddressLength, 0x68, "SYM");
AT(NDIS_BIND_PARAMETERS, CurrentMacAddress, 0x6a, "SYM");
AT(NDIS_BIND_PARAMETERS, PhysicalMediumType, 0x8c, "SYM");
AT(NDIS_BIND_PARAMETERS, RcvScaleCapabilities, 0x90, "SYM");
AT(NDIS_BIND_PARAMETERS, BoundIfNetluid, 0x98, "SYM");
AT(NDIS_BIND_PARAMETERS, BoundIfIndex, 0xa0, "SYM");

AT(NDIS_OPEN_PARAMETERS, AdapterName, 0x08, "SYM");
AT(NDIS_OPEN_PARAMETERS, MediumArray, 0x10, "SYM");
AT(NDIS_OPEN_PARAMETERS, MediumArraySize, 0x18, "SYM");
AT(NDIS_OPEN_PARAMETERS, SelectedMediumIndex, 0x20, "SYM");
AT(NDIS_OPEN_PARAMETERS, FrameTypeArray, 0x28, "SYM");
AT(NDIS_OPEN_PARAMETERS, FrameTypeArraySize, 0x30, "SYM");
FACT(NDIS_OPEN_PARAMETERS_REVISION_1 == 1, "DDI ndis");
FACT(NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1 ==
	 RTL_SIZEOF_THROUGH_FIELD(NDIS_OPEN_PARAMETERS, FrameTypeArraySize),
     "ROS");

SIZE(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS, 0x80, "SYM");
AT(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS, MajorNdisVersion, 4, "SYM");
AT(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS, MinorNdisVersion, 5, "SYM");
AT(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS, Flags, 8, "SYM");
AT(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS, Name, 0x10, "SYM");
AT(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS, SetOptionsHandler, 0x20, "SYM");
AT(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS, BindAdapterHandlerEx, 0x28, "SYM");
AT(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS, UnbindAdapterHandlerEx, 0x30, "SYM");
AT(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS, OpenAdapterCompleteHandlerEx, 0x38,
   "SYM");
AT(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS, CloseAdapterCompleteHandlerEx, 0x40,
   "SYM");
AT(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS, NetPnPEventHandler, 0x48, "SYM");
AT(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS, UninstallHandler, 0x50, "SYM");
AT(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS, OidRequestCompleteHandler, 0x58,
   "SYM");
AT(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS, StatusHandlerEx, 0x60, "SYM");
AT(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS, ReceiveNetBufferListsHandler, 0x68,
   "SYM");
AT(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS, SendNetBufferListsCompleteHandler,
   0x70, "SYM");
AT(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS, DirectOidRequestCompleteHandler, 0x78,
   "SYM");
FACT(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2 == 2,
     "DDI ndis: for NDIS 6.1 and all later ones");
FACT(NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2 ==
	 sizeof(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS),
     "SYM");

/* ---- a filter driver ----------------------------------------------------- */

/* The order is SYM's, which has this structure for x86; the padding of x64
 * follows from the types. */
AT(NDIS_FILTER_ATTACH_PARAMETERS, IfIndex, 0x04, "SYM");
AT(NDIS_FILTER_ATTACH_PARAMETERS, NetLuid, 0x08, "SYM");
AT(NDIS_FILTER_ATTACH_PARAMETERS, FilterModuleGuidName, 0x10, "SYM");
AT(NDIS_FILTER_ATTACH_PARAMETERS, BaseMiniportIfIndex, 0x18, "SYM");
AT(NDIS_FILTER_ATTACH_PARAMETERS, BaseMiniportInstanceName, 0x20, "SYM");
AT(NDIS_FILTER_ATTACH_PARAMETERS, BaseMiniportName, 0x28, "SYM");
AT(NDIS_FILTER_ATTACH_PARAMETERS, MediaConnectState, 0x30, "SYM");
AT(NDIS_FILTER_ATTACH_PARAMETERS, XmitLinkSpeed, 0x38, "SYM");
AT(NDIS_FILTER_ATTACH_PARAMETERS, MiniportMediaType, 0x48, "SYM");

SIZE(NDIS_FILTER_ATTRIBUTES, 8, "SYM");
AT(NDIS_FILTER_ATTRIBUTES, Flags, 4, "SYM");
FACT(NDIS_FILTER_ATTRIBUTES_REVISION_1 == 1, "DDI ndis");
FACT(NDIS_SIZEOF_FILTER_ATTRIBUTES_REVISION_1 == sizeof(NDIS_FILTER_ATTRIBUTES),
     "SYM");

AT(NDIS_FILTER_DRIVER_CHARACTERISTICS, Flags, 8, "SYM");
AT(NDIS_FILTER_DRIVER_CHARACTERISTICS, FriendlyName, 0x10, "SYM");
AT(NDIS_FILTER_DRIVER_CHARACTERISTICS, UniqueName, 0x20, "SYM");
AT(NDIS_FILTER_DRIVER_CHARACTERISTICS, ServiceName, 0x30, "SYM");
AT(NDIS_FILTER_DRIVER_CHARACTERISTICS, SetOptionsHandler, 0x40, "SYM");
AT(NDIS_FILTER_DRIVER_CHARACTERISTICS, AttachHandler, 0x50, "SYM");
AT(NDIS_FILTER_DRIVER_CHARACTERISTICS, DetachHandler, 0x58, "SYM");
AT(NDIS_FILTER_DRIVER_CHARACTERISTICS, RestartHandler, 0x60, "SYM");
AT(NDIS_FILTER_DRIVER_CHARACTERISTICS, PauseHandler, 0x68, "SYM");
AT(NDIS_FILTER_DRIVER_CHARACTERISTICS, SendNetBufferListsHandler, 0x70, "SYM");
AT(NDIS_FILTER_DRIVER_CHARACTERISTICS, ReceiveNetBufferListsHandler, 0x88,
   "SYM");
AT(NDIS_FILTER_DRIVER_CHARACTERISTICS, ReturnNetBufferListsHandler, 0x90,
   "SYM");
AT(NDIS_FILTER_DRIVER_CHARACTERISTICS, OidRequestHandler, 0x98, "SYM");
AT(NDIS_FILTER_DRIVER_CHARACTERISTICS, StatusHandler, 0xc0, "SYM");
AT(NDIS_FILTER_DRIVER_CHARACTERISTICS, CancelDirectOidRequestHandler, 0xd8,
   "SYM");
FACT(NDIS_FILTER_CHARACTERISTICS_REVISION_2 == 2,
     "DDI ndis: for NDIS 6.1 up to 6.70");
FACT(NDIS_FILTER_CHARACTERISTICS_REVISION_3 == 3,
     "DDI ndis: for NDIS 6.80 and later");
FACT(NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2 == 0xe0, "SYM");
FACT(NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2 ==
	 RTL_SIZEOF_THROUGH_FIELD(NDIS_FILTER_DRIVER_CHARACTERISTICS,
				  CancelDirectOidRequestHandler),
     "SYM");
FACT(NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_3 ==
	 sizeof(NDIS_FILTER_DRIVER_CHARACTERISTICS),
     "DDI ndis: two more handlers");

/* ---- the kernel ---------------------------------------------------------- */

FACT(sizeof(WCHAR) == 2 && sizeof(LONG) == 4 && sizeof(PVOID) == 8, "MINGW");
AT(MDL, Next, 0, "MINGW");
AT(MDL, MappedSystemVa, 0x18, "MINGW");
AT(MDL, StartVa, 0x20, "MINGW");
AT(MDL, ByteCount, 0x28, "MINGW");
SIZE(MDL, 0x30, "MINGW");
AT(IRP, MdlAddress, 0x08, "MINGW");
AT(IRP, IoStatus, 0x30, "MINGW");
AT(IRP, Cancel, 0x44, "MINGW");
AT(IRP, CancelIrql, 0x45, "MINGW");
AT(IRP, CancelRoutine, 0x68, "MINGW");
SIZE(IO_STACK_LOCATION, 0x48, "MINGW");
AT(DRIVER_OBJECT, DriverUnload, 0x68, "MINGW");
AT(DRIVER_OBJECT, MajorFunction, 0x70, "MINGW");
AT(DEVICE_OBJECT, Flags, 0x30, "MINGW");
AT(DEVICE_OBJECT, DeviceExtension, 0x40, "MINGW");
FACT(MdlMappingNoExecute == 0x40000000, "DDI wdm names it, winpmem its value");
