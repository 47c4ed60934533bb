// SPDX-License-Identifier: BSD-2-Clause

// gVisor's netstack as a peer: 10.9.0.2 on an interface that has no address.
// Port 7 sends back what comes until its end; port 9 sends a file to whoever
// has sent anything, and closes.
//
//	gvisor INTERFACE FILE
package main

import (
	"fmt"
	"io"
	"net"
	"os"

	"golang.org/x/sys/unix"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/fdbased"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

const address = tcpip.Address("\x0a\x09\x00\x02")

func check(what string, ok bool, why interface{}) {
	if !ok {
		fmt.Fprintln(os.Stderr, "gvisor:", what, why)
		os.Exit(1)
	}
}

func openPort(name string) int {
	link, err := net.InterfaceByName(name)
	check(name, err == nil, err)
	// ETH_P_ALL in network order
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0x0300)
	check(name, err == nil, err)
	unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1)
	unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 8<<20)
	unix.SetsockoptPacketMreq(fd, unix.SOL_PACKET,
		unix.PACKET_ADD_MEMBERSHIP, &unix.PacketMreq{
			Ifindex: int32(link.Index), Type: unix.PACKET_MR_PROMISC})
	err = unix.Bind(fd, &unix.SockaddrLinklayer{
		Protocol: 0x0300, Ifindex: link.Index})
	check(name, err == nil, err)
	return fd
}

func newStack(fd int) *stack.Stack {
	s := stack.New(stack.Options{
		NetworkProtocols: []stack.NetworkProtocolFactory{
			ipv4.NewProtocol, arp.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{
			tcp.NewProtocol},
	})
	sack := tcpip.TCPSACKEnabled(true)
	s.SetTransportProtocolOption(tcp.ProtocolNumber, &sack)
	link, err := fdbased.New(&fdbased.Options{
		FDs: []int{fd}, MTU: 1500, EthernetHeader: true,
		Address: "\x02\x00\x00\x09\x00\x02"})
	check("link", err == nil, err)
	bad := s.CreateNIC(1, link)
	check("NIC", bad == nil, bad)
	bad = s.AddProtocolAddress(1, tcpip.ProtocolAddress{
		Protocol: ipv4.ProtocolNumber,
		AddressWithPrefix: tcpip.AddressWithPrefix{
			Address: address, PrefixLen: 24},
	}, stack.AddressProperties{})
	check("address", bad == nil, bad)
	s.SetRouteTable([]tcpip.Route{
		{Destination: header.IPv4EmptySubnet, NIC: 1}})
	return s
}

func listen(s *stack.Stack, port uint16, serve func(*gonet.TCPConn)) {
	listener, err := gonet.ListenTCP(s, tcpip.FullAddress{
		NIC: 1, Addr: address, Port: port}, ipv4.ProtocolNumber)
	check("listen", err == nil, err)
	go func() {
		for {
			conn, err := listener.Accept()
			check("accept", err == nil, err)
			go func() {
				serve(conn.(*gonet.TCPConn))
				conn.Close()
			}()
		}
	}()
}

func main() {
	check("INTERFACE FILE", len(os.Args) == 3, "")
	body, err := os.ReadFile(os.Args[2])
	check(os.Args[2], err == nil, err)
	s := newStack(openPort(os.Args[1]))
	listen(s, 7, func(conn *gonet.TCPConn) {
		io.Copy(conn, conn)
	})
	listen(s, 9, func(conn *gonet.TCPConn) {
		conn.Read(make([]byte, 4096))
		conn.Write(body)
		conn.CloseWrite()
		io.Copy(io.Discard, conn)
	})
	fmt.Println("ready")
	select {}
}
