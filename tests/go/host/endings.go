package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	plugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"nomad-device-gpu/gotests/handshake"
)

// ending is how a plugin's process and the streams from it ended.
type ending struct {
	Graceful      bool           `json:"graceful"`
	ExitCode      int            `json:"exit_code"`
	SocketRemoved bool           `json:"socket_removed"`
	Streams       []streamEnding `json:"streams"`
	Log           *logSummary    `json:"log"`
}

type streamEnding struct {
	Stream   string `json:"stream"`
	Messages int    `json:"messages"`
	Code     string `json:"code"`
}

// exitLimit is what Nomad gives a plugin after a stream broke to be gone, before it takes the error for a refusal and
// never starts the plugin again (helper/pluginutils/grpcutils/utils.go).
const exitLimit = 3 * time.Second

// gracefulLimit is go-plugin's between Shutdown and SIGKILL (client.go, Kill).
const gracefulLimit = 2 * time.Second

func kill(s *session, _ string) (interface{}, error) {
	p, err := s.running()
	if err != nil {
		return nil, err
	}
	return s.end(p, func() { p.client.Kill() })
}

func reattach(s *session, _ string) (interface{}, error) {
	p, err := s.running()
	if err != nil {
		return nil, err
	}

	second := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  handshake.Nomad,
		Plugins:          plugin.PluginSet{"device": &remote{}},
		Reattach:         p.client.ReattachConfig(),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		Logger:           s.logger,
	})
	if _, err := second.Client(); err != nil {
		return nil, err
	}
	result, err := s.end(p, func() {
		second.Kill()
		p.client.Kill()
	})
	return result, err
}

// end ends a plugin whose streams must be open until then: Nomad gives a plugin up for good when it ends one.
func (s *session) end(p *launched, stop func()) (*ending, error) {
	s.plugin = nil
	defer p.cancel()
	early := p.endedStreams()
	address := p.client.ReattachConfig().Addr.String()
	begin := time.Now()
	stop()
	inTime := time.Since(begin) < gracefulLimit

	state := p.command.ProcessState
	_, missing := os.Stat(address)
	result := &ending{
		Graceful:      inTime && state.Exited(),
		ExitCode:      state.ExitCode(),
		SocketRemoved: os.IsNotExist(missing),
		Streams:       p.awaitStreams(),
		Log:           p.log.summary(),
	}
	if len(early) > 0 {
		return result, fmt.Errorf("streams ended while the plugin was running: %v", early)
	}
	if !result.Graceful || result.ExitCode != 0 || !result.SocketRemoved {
		return result, errors.New("the plugin did not end in good order")
	}
	return result, nil
}

// crash is a success when Nomad would start the plugin again: each stream breaks off without a status of its own.
func crash(s *session, _ string) (interface{}, error) {
	p, err := s.running()
	if err != nil {
		return nil, err
	}

	s.plugin = nil
	defer p.cancel()
	early := p.endedStreams()
	process := p.client.ReattachConfig()
	if err := p.command.Process.Kill(); err != nil {
		return nil, err
	}

	streams := p.awaitStreams()
	deadline := time.Now().Add(exitLimit)
	for !p.client.Exited() && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	seen := p.client.Exited()
	p.client.Kill()
	// Nobody is left who could remove it.
	_ = os.Remove(process.Addr.String())

	result := &ending{ExitCode: p.command.ProcessState.ExitCode(), Streams: streams, Log: p.log.summary()}
	if len(early) > 0 {
		return result, fmt.Errorf("streams ended while the plugin was running: %v", early)
	}
	if !seen {
		return result, errors.New("the end of the process was not seen; something holds its output open")
	}
	for _, ended := range streams {
		if ended.Code != codes.Unavailable.String() && ended.Code != codes.Canceled.String() {
			return result, fmt.Errorf("after %s on %s Nomad would not start the plugin again", ended.Code, ended.Stream)
		}
	}
	return result, nil
}

func (p *launched) endedStreams() []streamEnding {
	var ended []streamEnding
	for _, followed := range p.streams {
		select {
		case <-followed.ended:
			ended = append(ended, followed.ending())
		default:
		}
	}
	return ended
}

func (p *launched) awaitStreams() []streamEnding {
	endings := []streamEnding{}
	limit := time.After(exitLimit)
	for _, followed := range p.streams {
		select {
		case <-followed.ended:
			endings = append(endings, followed.ending())
		case <-limit:
			endings = append(endings, streamEnding{followed.name, followed.count(), "open"})
		}
	}
	return endings
}

func (s *stream) ending() streamEnding {
	code := status.Code(s.err).String()
	if s.err == io.EOF {
		code = codes.OK.String()
	}
	return streamEnding{s.name, s.count(), code}
}
