package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/golang/protobuf/jsonpb"
	"github.com/golang/protobuf/proto"
	"google.golang.org/grpc/status"
)

// failure is an error with its gRPC code, or with the code "Host" when this program refused what it saw.
type failure struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func failureOf(err error) *failure {
	if err == nil {
		return nil
	}

	var rpc interface{ GRPCStatus() *status.Status }
	if errors.As(err, &rpc) {
		return &failure{rpc.GRPCStatus().Code().String(), rpc.GRPCStatus().Message()}
	}
	return &failure{"Host", err.Error()}
}

// message lets a protobuf message stand in the output as its own JSON, with the names that the protos have.
type message struct{ proto.Message }

func (m message) MarshalJSON() ([]byte, error) {
	text, err := (&jsonpb.Marshaler{OrigName: true}).MarshalToString(m.Message)
	if err != nil {
		return nil, fmt.Errorf("a message cannot be written as JSON: %v", err)
	}
	return json.RawMessage(text), nil
}
