package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"sync"
	"time"

	hclog "github.com/hashicorp/go-hclog"
	plugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"nomad-device-gpu/gotests/handshake"
	"nomad-device-gpu/protocol/base"
	"nomad-device-gpu/protocol/device"
	"nomad-device-gpu/protocol/hclspec"
)

type options struct {
	executable string
	hcl, json  string
	autoMTLS   bool
	interval   time.Duration
}

// session is what outlives a launch: Nomad keeps the schema of its first look, and the inventory, in the same way.
type session struct {
	options   options
	logger    hclog.Logger
	schema    *hclspec.Spec
	inventory []*device.DeviceGroup
	plugin    *launched

	inventories inventories
}

// launched is one running process and the streams that are open to it.
type launched struct {
	command  *exec.Cmd
	client   *plugin.Client
	protocol plugin.ClientProtocol
	rpc      *services
	log      *pluginLog
	context  context.Context
	cancel   context.CancelFunc
	streams  []*stream
}

type services struct {
	base   base.BasePluginClient
	device device.DevicePluginClient
}

// stream is a server stream that a goroutine reads to its end.
type stream struct {
	name     string
	mutex    sync.Mutex
	messages int
	ended    chan struct{}
	err      error
}

var errNotRunning = errors.New("no plugin is running: the Launch step comes first")

func newSession(options options, logger hclog.Logger) *session {
	return &session{options: options, logger: logger}
}

func (s *session) running() (*launched, error) {
	if s.plugin == nil {
		return nil, errNotRunning
	}
	return s.plugin, nil
}

func (s *session) launch() (*launched, error) {
	if s.plugin != nil {
		return nil, errors.New("a plugin is running already")
	}

	log := &pluginLog{}
	command := exec.Command(s.options.executable)
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  handshake.Nomad,
		Plugins:          plugin.PluginSet{"device": &remote{}},
		Cmd:              command,
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		Logger:           s.logger,
		AutoMTLS:         s.options.autoMTLS,
		Stderr:           log,
	})
	protocol, err := client.Client()
	if err != nil {
		client.Kill()
		return nil, fmt.Errorf("%v (the plugin's log: %s)", err, log.text())
	}

	raw, err := protocol.Dispense("device")
	if err != nil {
		client.Kill()
		return nil, err
	}

	life, cancel := context.WithCancel(context.Background())
	s.plugin = &launched{
		command: command, client: client, protocol: protocol, rpc: raw.(*services), log: log,
		context: life, cancel: cancel,
	}
	return s.plugin, nil
}

// abandon ends what a sequence of steps left running.
func (s *session) abandon() {
	if s.plugin != nil {
		s.plugin.client.Kill()
		s.plugin.cancel()
		s.plugin = nil
	}
}

// follow reads a stream to its end in the background, as Nomad does, after the messages that a step waited for.
func (p *launched) follow(name string, received int, receive func() error) {
	followed := &stream{name: name, messages: received, ended: make(chan struct{})}
	p.streams = append(p.streams, followed)
	go func() {
		defer close(followed.ended)
		for {
			if err := receive(); err != nil {
				followed.err = err
				return
			}

			followed.mutex.Lock()
			followed.messages++
			followed.mutex.Unlock()
		}
	}()
}

func (s *stream) count() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.messages
}

// remote is the client's side of the plugin; Nomad's base and device plugins are two services of one connection.
type remote struct {
	plugin.NetRPCUnsupportedPlugin
}

func (*remote) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error {
	return errors.New("this executable is a host and never a plugin")
}

func (*remote) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (interface{}, error) {
	return &services{base.NewBasePluginClient(conn), device.NewDevicePluginClient(conn)}, nil
}
