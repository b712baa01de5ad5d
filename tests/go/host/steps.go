package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/golang/protobuf/ptypes"

	"nomad-device-gpu/gotests/handshake"
	"nomad-device-gpu/protocol/base"
	"nomad-device-gpu/protocol/device"
)

// steps are what can be asked for. An argument stands behind the name: Stats=3.
var steps = map[string]func(*session, string) (interface{}, error){
	"Launch":       launch,
	"Ping":         ping,
	"PluginInfo":   pluginInfo,
	"ConfigSchema": configSchema,
	"SetConfig":    setConfig,   // validate: without nomad_config; hex:BYTES or hcl:TEXT instead of the configuration
	"Fingerprint":  fingerprint, // opens a stream, and waits for its first message
	"Stats":        stats,       // the number of samples to wait for, 1 if not given; the stream stays open
	"Reserve":      reserve,     // all, none, or ids with commas; without: the first healthy device
	"Replace":      replace,     // NEW,OLD: puts a file in another one's place
	"Append":       appendTo,    // NEW,OLD: puts a file's text behind another one's
	"Remove":       remove,      // a file
	"Run":          runProgram,  // PROGRAM|ARGUMENT|...: runs it, and tells its exit code and output
	"Await":        await,       // words of a health description; none: until every device is healthy
	"Listed":       listed,      // the id of a device: until it is in the inventory
	"Place":        place,       // the scheduler's view of the device blocks of a job's file
	"Called":       called,      // FOLDER,FUNCTION: a call that the mock counts there
	"Connect":      connect,     // connections that say nothing, or nothing sensible
	"Crash":        crash,       // SIGKILL to the plugin
	"Kill":         kill,        // the orderly end
	"Reattach":     reattach,    // the orderly end by a second client, as a new agent ends the plugin of the old one
}

// callTimeout is ours. Nomad waits for ever, which is no way to find out that a plugin hangs.
const callTimeout = 30 * time.Second

func launch(s *session, _ string) (interface{}, error) {
	p, err := s.launch()
	if err != nil {
		return nil, err
	}

	process := p.client.ReattachConfig()
	return map[string]interface{}{
		"pid":              process.Pid,
		"network":          process.Addr.Network(),
		"address":          process.Addr.String(),
		"protocol_version": p.client.NegotiatedVersion(),
		"auto_mtls":        s.options.autoMTLS,
	}, nil
}

func ping(s *session, _ string) (interface{}, error) {
	p, err := s.running()
	if err != nil {
		return nil, err
	}
	return nil, p.protocol.Ping()
}

func pluginInfo(s *session, _ string) (interface{}, error) {
	p, err := s.running()
	if err != nil {
		return nil, err
	}

	call, done := context.WithTimeout(p.context, callTimeout)
	defer done()
	info, err := p.rpc.base.PluginInfo(call, &base.PluginInfoRequest{})
	if err != nil {
		return nil, err
	}
	if info.Type != base.PluginType_DEVICE || info.Name == "" || info.PluginVersion == "" {
		return message{info}, errors.New("Nomad wants a device plugin with a name and a version")
	}
	for _, version := range info.PluginApiVersions {
		if version == handshake.DeviceAPIVersion {
			return message{info}, nil
		}
	}
	return message{info}, fmt.Errorf("the API version %s is not offered", handshake.DeviceAPIVersion)
}

func configSchema(s *session, _ string) (interface{}, error) {
	p, err := s.running()
	if err != nil {
		return nil, err
	}

	call, done := context.WithTimeout(p.context, callTimeout)
	defer done()
	response, err := p.rpc.base.ConfigSchema(call, &base.ConfigSchemaRequest{})
	if err != nil {
		return nil, err
	}
	s.schema = response.Spec
	return message{response}, nil
}

func setConfig(s *session, argument string) (interface{}, error) {
	p, err := s.running()
	if err != nil {
		return nil, err
	}
	if s.schema == nil {
		if _, err := configSchema(s, ""); err != nil {
			return nil, err
		}
	}

	var packed, readable []byte
	if strings.HasPrefix(argument, "hex:") {
		packed, err = hex.DecodeString(strings.TrimPrefix(argument, "hex:"))
	} else if strings.HasPrefix(argument, "hcl:") {
		other := options{hcl: strings.TrimPrefix(argument, "hcl:")}
		packed, readable, err = other.encode(s.schema)
	} else {
		packed, readable, err = s.options.encode(s.schema)
	}
	if err != nil {
		return nil, err
	}

	request := &base.SetConfigRequest{MsgpackConfig: packed, PluginApiVersion: handshake.DeviceAPIVersion}
	if argument != "validate" {
		// The ports that Nomad's agent has by default.
		request.NomadConfig = &base.NomadConfig{
			Driver: &base.NomadDriverConfig{ClientMinPort: 14000, ClientMaxPort: 14512},
		}
	}

	call, done := context.WithTimeout(p.context, callTimeout)
	defer done()
	_, err = p.rpc.base.SetConfig(call, request)
	return map[string]interface{}{
		"config":  json.RawMessage(orNull(readable)),
		"msgpack": hex.EncodeToString(packed),
	}, err
}

func fingerprint(s *session, _ string) (interface{}, error) {
	p, err := s.running()
	if err != nil {
		return nil, err
	}

	received, err := p.rpc.device.Fingerprint(p.context, &device.FingerprintRequest{})
	if err != nil {
		return nil, err
	}
	first, err := received.Recv()
	if err != nil {
		return nil, err
	}

	s.inventory = first.DeviceGroup
	s.inventories.put(first.DeviceGroup)
	p.follow("Fingerprint", 1, func() error {
		next, err := received.Recv()
		if err == nil {
			s.inventories.put(next.DeviceGroup)
		}
		return err
	})
	return message{first}, refuse(checkInventory(first.DeviceGroup))
}

func stats(s *session, argument string) (interface{}, error) {
	p, err := s.running()
	if err != nil {
		return nil, err
	}
	samples, err := strconv.Atoi(orDefault(argument, "1"))
	if err != nil {
		return nil, err
	}

	received, err := p.rpc.device.Stats(
		p.context, &device.StatsRequest{CollectionInterval: ptypes.DurationProto(s.options.interval)})
	if err != nil {
		return nil, err
	}
	var last *device.StatsResponse
	for sample := 0; sample < samples; sample++ {
		if last, err = received.Recv(); err != nil {
			return nil, err
		}
		if err := refuse(checkStats(last.Groups, s.inventory)); err != nil {
			return message{last}, err
		}
	}

	p.follow("Stats", samples, func() error {
		_, err := received.Recv()
		return err
	})
	return message{last}, nil
}

func reserve(s *session, argument string) (interface{}, error) {
	p, err := s.running()
	if err != nil {
		return nil, err
	}

	call, done := context.WithTimeout(p.context, callTimeout)
	defer done()
	response, err := p.rpc.device.Reserve(call, &device.ReserveRequest{DeviceIds: s.choose(argument)})
	if err != nil {
		return nil, err
	}
	return message{response}, refuse(checkReservation(response.ContainerRes))
}

// choose takes ids of one group, as Nomad's scheduler does.
func (s *session) choose(argument string) []string {
	if argument != "" && argument != "all" {
		return strings.FieldsFunc(strings.TrimPrefix(argument, "none"), func(r rune) bool { return r == ',' })
	}

	var ids []string
	for _, group := range s.inventory {
		for _, detected := range group.Devices {
			if detected.Healthy && (argument == "all" || len(ids) == 0) {
				ids = append(ids, detected.ID)
			}
		}
		if len(ids) > 0 {
			break
		}
	}
	return ids
}

// connect does what a reattaching client does before it speaks (go-plugin client.go, reattach), and what a stray one
// might do; the plugin must answer as before.
func connect(s *session, _ string) (interface{}, error) {
	p, err := s.running()
	if err != nil {
		return nil, err
	}

	address := p.client.ReattachConfig().Addr
	for _, said := range []string{"", "GET / HTTP/1.0\r\n\r\n", "\x00\xff\x00\xff"} {
		connection, err := net.Dial(address.Network(), address.String())
		if err != nil {
			return nil, err
		}
		if _, err := connection.Write([]byte(said)); err != nil {
			return nil, err
		}
		if err := connection.Close(); err != nil {
			return nil, err
		}
	}
	return nil, p.protocol.Ping()
}

func orDefault(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func orNull(text []byte) []byte {
	if len(text) == 0 {
		return []byte("null")
	}
	return text
}
