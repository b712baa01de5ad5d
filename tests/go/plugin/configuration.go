package main

import (
	"context"
	"sync"

	hclog "github.com/hashicorp/go-hclog"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
	ctymsgpack "github.com/zclconf/go-cty/cty/msgpack"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"nomad-device-gpu/gotests/handshake"
	"nomad-device-gpu/protocol/base"
	"nomad-device-gpu/protocol/hclspec"
)

// configuration is what SetConfig brought last, as JSON; Reserve hands it back, so that a test of a host sees what
// arrived here.
type configuration struct {
	mutex sync.Mutex
	json  string
}

func (c *configuration) set(json string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.json = json
}

func (c *configuration) get() string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.json
}

type baseService struct {
	logger        hclog.Logger
	configuration *configuration
}

func (s *baseService) PluginInfo(context.Context, *base.PluginInfoRequest) (*base.PluginInfoResponse, error) {
	return &base.PluginInfoResponse{
		Type:              base.PluginType_DEVICE,
		PluginApiVersions: []string{handshake.DeviceAPIVersion},
		PluginVersion:     "0.1.0",
		Name:              "go-device-gpu",
	}, nil
}

func (s *baseService) ConfigSchema(context.Context, *base.ConfigSchemaRequest) (*base.ConfigSchemaResponse, error) {
	return &base.ConfigSchemaResponse{Spec: schema}, nil
}

func (s *baseService) SetConfig(_ context.Context, request *base.SetConfigRequest) (*base.SetConfigResponse, error) {
	value, err := ctymsgpack.Unmarshal(request.MsgpackConfig, configType)
	if err != nil {
		return nil, status.Errorf(codes.InvalidArgument, "the configuration does not fit the schema: %v", err)
	}

	json, err := ctyjson.Marshal(value, configType)
	if err != nil {
		return nil, status.Errorf(codes.Internal, "the configuration cannot be written as JSON: %v", err)
	}

	s.configuration.set(string(json))
	s.logger.Info("configuration set", "config", string(json))
	return &base.SetConfigResponse{}, nil
}

// schema has one of each: attribute, default, block, block list, and the object that holds them.
var schema = object(map[string]*hclspec.Spec{
	"enabled":            withDefault(attribute("enabled", "bool"), "true"),
	"ignored_gpu_ids":    withDefault(attribute("ignored_gpu_ids", "list(string)"), "[]"),
	"fingerprint_period": withDefault(attribute("fingerprint_period", "string"), `"1m"`),
	"label":              attribute("label", "string"),
	"reserve": block("reserve", object(map[string]*hclspec.Spec{
		"cuda_visible_devices": withDefault(attribute("cuda_visible_devices", "bool"), "false"),
	})),
	"sharing": blockList("sharing", object(map[string]*hclspec.Spec{
		"replicas": withDefault(attribute("replicas", "number"), "2"),
		"devices":  withDefault(attribute("devices", "list(string)"), `["all"]`),
	})),
})

// configType is the type that schema implies (hcldec.ImpliedType). It is written out, because the plugin would need the
// whole of HCL to derive it, and a benchmark's peer should carry no more than a plugin does.
var configType = cty.Object(map[string]cty.Type{
	"enabled":            cty.Bool,
	"ignored_gpu_ids":    cty.List(cty.String),
	"fingerprint_period": cty.String,
	"label":              cty.String,
	"reserve":            cty.Object(map[string]cty.Type{"cuda_visible_devices": cty.Bool}),
	"sharing": cty.List(cty.Object(map[string]cty.Type{
		"replicas": cty.Number,
		"devices":  cty.List(cty.String),
	})),
})

func object(attributes map[string]*hclspec.Spec) *hclspec.Spec {
	return &hclspec.Spec{Block: &hclspec.Spec_Object{Object: &hclspec.Object{Attributes: attributes}}}
}

func attribute(name, kind string) *hclspec.Spec {
	return &hclspec.Spec{Block: &hclspec.Spec_Attr{Attr: &hclspec.Attr{Name: name, Type: kind}}}
}

func withDefault(primary *hclspec.Spec, literal string) *hclspec.Spec {
	return &hclspec.Spec{Block: &hclspec.Spec_Default{Default: &hclspec.Default{
		Primary: primary,
		Default: &hclspec.Spec{Block: &hclspec.Spec_Literal{Literal: &hclspec.Literal{Value: literal}}},
	}}}
}

func block(name string, nested *hclspec.Spec) *hclspec.Spec {
	return &hclspec.Spec{Block: &hclspec.Spec_BlockValue{BlockValue: &hclspec.Block{Name: name, Nested: nested}}}
}

func blockList(name string, nested *hclspec.Spec) *hclspec.Spec {
	return &hclspec.Spec{Block: &hclspec.Spec_BlockList{BlockList: &hclspec.BlockList{Name: name, Nested: nested}}}
}
