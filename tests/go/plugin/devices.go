package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/golang/protobuf/ptypes"
	"github.com/golang/protobuf/ptypes/wrappers"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"nomad-device-gpu/protocol/device"
	"nomad-device-gpu/protocol/structs"
)

const (
	vendor       = "nvidia"
	deviceType   = "gpu"
	model        = "Peer GPU"
	devices      = 8
	totalMemory  = 81559
	defaultPause = time.Second
)

type deviceService struct {
	configuration *configuration
}

func (s *deviceService) Fingerprint(
	_ *device.FingerprintRequest, stream device.DevicePlugin_FingerprintServer,
) error {
	group := &device.DeviceGroup{
		Vendor:     vendor,
		DeviceType: deviceType,
		DeviceName: model,
		Attributes: map[string]*structs.Attribute{
			"memory":         {Value: &structs.Attribute_IntVal{IntVal: totalMemory}, Unit: "MiB"},
			"driver_version": {Value: &structs.Attribute_StringVal{StringVal: "580.105.08"}},
			"simulated":      {Value: &structs.Attribute_BoolVal{BoolVal: true}},
		},
	}
	for index := 0; index < devices; index++ {
		group.Devices = append(group.Devices, &device.DetectedDevice{
			ID:         deviceID(index),
			Healthy:    true,
			HwLocality: &device.DeviceLocality{PciBusId: fmt.Sprintf("0000:%02x:00.0", 0x10+index)},
		})
	}

	if err := stream.Send(&device.FingerprintResponse{DeviceGroup: []*device.DeviceGroup{group}}); err != nil {
		return err
	}

	<-stream.Context().Done()
	return stream.Context().Err()
}

func (s *deviceService) Reserve(_ context.Context, request *device.ReserveRequest) (*device.ReserveResponse, error) {
	var unknown []string
	for _, id := range request.DeviceIds {
		if !isDevice(id) {
			unknown = append(unknown, id)
		}
	}
	if len(unknown) > 0 {
		return nil, status.Errorf(codes.InvalidArgument, "unknown device IDs: %s", strings.Join(unknown, ","))
	}

	return &device.ReserveResponse{ContainerRes: &device.ContainerReservation{Envs: map[string]string{
		"NVIDIA_VISIBLE_DEVICES": strings.Join(request.DeviceIds, ","),
		"PLUGIN_CONFIG":          s.configuration.get(),
	}}}, nil
}

func (s *deviceService) Stats(request *device.StatsRequest, stream device.DevicePlugin_StatsServer) error {
	pause, err := ptypes.Duration(request.CollectionInterval)
	if err != nil || pause <= 0 {
		pause = defaultPause
	}

	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for {
		if err := stream.Send(sample()); err != nil {
			return err
		}

		select {
		case <-ticker.C:
		case <-stream.Context().Done():
			return stream.Context().Err()
		}
	}
}

func deviceID(index int) string {
	return fmt.Sprintf("GPU-00000000-0000-4000-8000-%012d", index)
}

func isDevice(id string) bool {
	for index := 0; index < devices; index++ {
		if id == deviceID(index) {
			return true
		}
	}
	return false
}

// sample has the eleven statistics of the official plugin for each device, so that a benchmark compares like with like.
func sample() *device.StatsResponse {
	now := ptypes.TimestampNow()
	instances := make(map[string]*device.DeviceStats, devices)
	for index := 0; index < devices; index++ {
		memory := part(int64(1024+index), totalMemory, "MiB")
		instances[deviceID(index)] = &device.DeviceStats{
			Summary:   memory,
			Timestamp: now,
			Stats: &structs.StatObject{Attributes: map[string]*structs.StatValue{
				"Memory state":        memory,
				"Power usage":         part(112, 700, "W"),
				"GPU utilization":     number(37, "%"),
				"Memory utilization":  number(12, "%"),
				"Encoder utilization": number(0, "%"),
				"Decoder utilization": number(0, "%"),
				"Temperature":         number(41, "C"),
				"BAR1 buffer state":   part(2, 131072, "MiB"),
				"ECC L1 errors":       number(0, "#"),
				"ECC L2 errors":       number(0, "#"),
				"ECC memory errors":   number(0, "#"),
			}},
		}
	}

	return &device.StatsResponse{Groups: []*device.DeviceGroupStats{
		{Vendor: vendor, Type: deviceType, Name: model, InstanceStats: instances},
	}}
}

func number(value int64, unit string) *structs.StatValue {
	return &structs.StatValue{IntNumeratorVal: &wrappers.Int64Value{Value: value}, Unit: unit}
}

func part(value, of int64, unit string) *structs.StatValue {
	result := number(value, unit)
	result.IntDenominatorVal = &wrappers.Int64Value{Value: of}
	return result
}
