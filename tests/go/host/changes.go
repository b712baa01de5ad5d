package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"nomad-device-gpu/protocol/device"
)

// changeLimit is for a machine that is busy with other builds; a change takes a second or two.
const changeLimit = 60 * time.Second

const changePoll = 10 * time.Millisecond

// inventories keeps the newest message of the fingerprint stream.
type inventories struct {
	mutex  sync.Mutex
	newest []*device.DeviceGroup
}

func (i *inventories) put(groups []*device.DeviceGroup) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.newest = groups
}

func (i *inventories) get() []*device.DeviceGroup {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	return i.newest
}

// replace puts a file in another one's place, which is how faults come and go while the plugin runs: NEW,OLD. The first is
// gone then.
func replace(_ *session, argument string) (interface{}, error) {
	names := strings.Split(argument, ",")
	if len(names) != 2 {
		return nil, errors.New("two files are needed, with a comma")
	}
	return nil, os.Rename(names[0], names[1])
}

// appendTo puts a file's text behind another one's, which is how a log grows: NEW,OLD.
func appendTo(_ *session, argument string) (interface{}, error) {
	names := strings.Split(argument, ",")
	if len(names) != 2 {
		return nil, errors.New("two files are needed, with a comma")
	}
	text, err := os.ReadFile(names[0])
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(names[1], os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	_, err = file.Write(text)
	return nil, err
}

func remove(_ *session, argument string) (interface{}, error) {
	return nil, os.Remove(argument)
}

// await waits until a device is described with the words given, or without any until none is described at all.
func await(s *session, words string) (interface{}, error) {
	if _, err := s.running(); err != nil {
		return nil, err
	}

	begin := time.Now()
	for !isDescribed(s.inventories.get(), words) {
		if time.Since(begin) > changeLimit {
			return message{&device.FingerprintResponse{DeviceGroup: s.inventories.get()}},
				fmt.Errorf("no device is described with %q after %s", words, changeLimit)
		}
		time.Sleep(changePoll)
	}
	s.inventory = s.inventories.get()
	return message{&device.FingerprintResponse{DeviceGroup: s.inventory}}, refuse(checkInventory(s.inventory))
}

func isDescribed(groups []*device.DeviceGroup, words string) bool {
	for _, group := range groups {
		for _, detected := range group.GetDevices() {
			if detected.GetHealthDescription() != "" && words == "" {
				return false
			}
			if words != "" && strings.Contains(detected.GetHealthDescription(), words) {
				return true
			}
		}
	}
	return words == "" && len(groups) > 0
}

// listed waits until a device is in the inventory, whatever its health is.
func listed(s *session, id string) (interface{}, error) {
	if _, err := s.running(); err != nil {
		return nil, err
	}

	for begin := time.Now(); time.Since(begin) < changeLimit; time.Sleep(changePoll) {
		s.inventory = s.inventories.get()
		for _, group := range s.inventory {
			for _, detected := range group.GetDevices() {
				if detected.GetID() == id {
					return message{&device.FingerprintResponse{DeviceGroup: s.inventory}}, refuse(checkInventory(s.inventory))
				}
			}
		}
	}
	return nil, fmt.Errorf("there is no device %q after %s", id, changeLimit)
}

// called waits until the mock has counted a call of the plugin: FOLDER,FUNCTION.
func called(s *session, argument string) (interface{}, error) {
	p, err := s.running()
	if err != nil {
		return nil, err
	}
	names := strings.Split(argument, ",")
	if len(names) != 2 {
		return nil, errors.New("a folder and a function are needed, with a comma")
	}

	counts := fmt.Sprintf("%s/%d.tsv", names[0], p.command.Process.Pid)
	for begin := time.Now(); time.Since(begin) < changeLimit; time.Sleep(changePoll) {
		if text, err := os.ReadFile(counts); err == nil && strings.Contains(string(text), names[1]+"\t") {
			return nil, nil
		}
	}
	return nil, fmt.Errorf("%s was not called within %s", names[1], changeLimit)
}

// runProgram is what a person does on the node while the plugin serves: PROGRAM|ARGUMENT|... The result has the exit code.
func runProgram(_ *session, argument string) (interface{}, error) {
	words := strings.Split(argument, "|")
	command := exec.Command(words[0], words[1:]...)
	var output, errors bytes.Buffer
	command.Stdout, command.Stderr = &output, &errors
	err := command.Run()
	if _, isExit := err.(*exec.ExitError); err != nil && !isExit {
		return nil, err
	}
	return map[string]interface{}{
		"exit_code": command.ProcessState.ExitCode(),
		"output":    output.String(),
		"errors":    errors.String(),
	}, nil
}
