// Command plugin is a minimal Nomad device plugin: eight invented GPUs in one group, without any hardware behind them.
// It is the peer of the benchmark, and what the host command of our own executable is tested against.
package main

import (
	"context"
	"errors"
	"os"

	hclog "github.com/hashicorp/go-hclog"
	plugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"nomad-device-gpu/gotests/handshake"
	"nomad-device-gpu/protocol/base"
	"nomad-device-gpu/protocol/device"
)

func main() {
	logger := hclog.New(&hclog.LoggerOptions{Level: hclog.Info, Output: os.Stderr, JSONFormat: true})
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: handshake.Nomad,
		Plugins:         plugin.PluginSet{"device": &devicePlugin{logger: logger}},
		GRPCServer:      plugin.DefaultGRPCServer,
		Logger:          logger,
	})
}

type devicePlugin struct {
	plugin.NetRPCUnsupportedPlugin
	logger hclog.Logger
}

func (p *devicePlugin) GRPCServer(_ *plugin.GRPCBroker, server *grpc.Server) error {
	configuration := &configuration{}
	base.RegisterBasePluginServer(server, &baseService{logger: p.logger, configuration: configuration})
	device.RegisterDevicePluginServer(server, &deviceService{configuration: configuration})
	return nil
}

func (p *devicePlugin) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (interface{}, error) {
	return nil, errors.New("this executable is a plugin and never a host")
}
