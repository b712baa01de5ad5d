package main

import (
	"errors"
	"fmt"
	"sort"
	"strings"

	"nomad-device-gpu/protocol/device"
)

// placement is what the scheduler makes of a device request on this node.
type placement struct {
	Request string `json:"request"`
	// Group is the one that would be taken, empty when there is none.
	Group string `json:"group"`
	// Affinity is the weight of the affinities that hold there, from -1 to 1.
	Affinity float64 `json:"affinity"`
	// Filtered says for each group of the name why it cannot be taken.
	Filtered map[string]string `json:"filtered,omitempty"`
	// Idle are affinities that hold for no group of the name.
	Idle []string `json:"idle,omitempty"`
}

// place evaluates a job as scheduler/feasible/device.go does for one node whose devices are all free.
func place(s *session, path string) (interface{}, error) {
	if s.inventory == nil {
		return nil, errors.New("there is no inventory: the Fingerprint step comes first")
	}
	requests, err := readJob(path)
	if err != nil {
		return nil, err
	}

	var placements []placement
	var failures []string
	for _, request := range requests {
		placed, err := request.placeOn(s.inventory)
		if err != nil {
			return nil, err
		}
		if placed.Group == "" {
			failures = append(failures, fmt.Sprintf("%s: no group fits: %v", placed.Request, placed.Filtered))
		}
		placements = append(placements, placed)
	}
	if len(failures) > 0 {
		return placements, errors.New(strings.Join(failures, "; "))
	}
	return placements, nil
}

func (r deviceRequest) placeOn(groups []*device.DeviceGroup) (placement, error) {
	result := placement{Request: fmt.Sprintf("%s %d x %s", r.place, r.count, r.name), Filtered: map[string]string{}}
	held := make([]bool, len(r.affinities))
	for _, group := range groups {
		if !r.names(group) {
			continue
		}

		score, err := r.score(group, held)
		if err != nil {
			return result, err
		}
		reason, err := r.filter(group)
		switch {
		case err != nil:
			return result, err
		case reason != "":
			result.Filtered[groupName(group)] = reason
		case result.Group == "" || score > result.Affinity:
			result.Group, result.Affinity = groupName(group), score
		}
	}
	for i, affinity := range r.affinities {
		if !held[i] {
			result.Idle = append(result.Idle, affinity.String())
		}
	}
	return result, nil
}

// names tells whether the request's name, which is type, vendor/type or vendor/type/name, is that of a group.
func (r deviceRequest) names(group *device.DeviceGroup) bool {
	parts := strings.SplitN(r.name, "/", 3)
	switch len(parts) {
	case 1:
		return parts[0] == group.GetDeviceType()
	case 2:
		return parts[0] == group.GetVendor() && parts[1] == group.GetDeviceType()
	default:
		return r.name == groupName(group)
	}
}

// filter says why a group cannot be taken, or nothing.
func (r deviceRequest) filter(group *device.DeviceGroup) (string, error) {
	healthy := 0
	for _, detected := range group.GetDevices() {
		if detected.GetHealthy() {
			healthy++
		}
	}
	if healthy < r.count {
		return fmt.Sprintf("%d healthy devices", healthy), nil
	}

	for _, constraint := range r.constraints {
		ok, err := constraint.holdsFor(group)
		if err != nil || !ok {
			return constraint.String(), err
		}
	}
	return "", nil
}

// score is the weight of the affinities that hold by that of all; those that hold are noted.
func (r deviceRequest) score(group *device.DeviceGroup, held []bool) (float64, error) {
	sum, total := 0, 0
	for i, affinity := range r.affinities {
		ok, err := affinity.holdsFor(group)
		if err != nil {
			return 0, err
		}
		held[i] = held[i] || ok
		if ok {
			sum += affinity.weight
		}
		if affinity.weight < 0 {
			total -= affinity.weight
		} else {
			total += affinity.weight
		}
	}
	if total == 0 {
		return 0, nil
	}
	return float64(sum) / float64(total), nil
}

func (c comparison) holdsFor(group *device.DeviceGroup) (bool, error) {
	left, err := resolve(c.attribute, group)
	if err != nil {
		return false, err
	}
	right, err := resolve(c.operand, group)
	if err != nil {
		return false, err
	}
	return holds(left, c.operator, right)
}

// resolve is resolveDeviceTarget: the value behind an interpolation, nil where there is none, or a literal.
func resolve(target string, group *device.DeviceGroup) (*value, error) {
	if !strings.HasPrefix(target, "${") {
		literal := parseLiteral(target)
		return &literal, nil
	}

	var text string
	switch name := strings.TrimSuffix(strings.TrimPrefix(target, "${device."), "}"); {
	case name == "ids":
		var ids []string
		for _, detected := range group.GetDevices() {
			ids = append(ids, detected.GetID())
		}
		sort.Strings(ids)
		text = strings.Join(ids, ",")
	case name == "model":
		text = group.GetDeviceName()
	case name == "vendor":
		text = group.GetVendor()
	case name == "type":
		text = group.GetDeviceType()
	case strings.HasPrefix(name, "attr."):
		attribute, found := group.GetAttributes()[strings.TrimPrefix(name, "attr.")]
		if !found {
			return nil, nil
		}
		held := attributeValue(attribute)
		return &held, nil
	default:
		return nil, fmt.Errorf("Nomad's scheduler knows no %s in a device block", target)
	}
	return &value{text: &text}, nil
}
