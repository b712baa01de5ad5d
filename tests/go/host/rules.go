package main

import (
	"fmt"
	"math"
	"strings"

	"nomad-device-gpu/protocol/device"
	"nomad-device-gpu/protocol/structs"
)

// units are those that Nomad allows for attributes (plugins/shared/structs/units.go).
var units = unitSet()

func unitSet() map[string]bool {
	set := map[string]bool{}
	for _, unit := range strings.Fields(
		"KiB MiB GiB TiB PiB EiB kB KB MB GB TB PB EB MHz GHz mW W kW MW GW") {
		set[unit] = true
		if strings.HasSuffix(unit, "B") {
			set[unit+"/s"] = true
		}
	}
	return set
}

// checkInventory names everything for which Nomad would give a plugin up (plugins/device/device.go, Validate), and what
// its scheduler would lose without a word: it sees only one of two groups of one name, and of two devices of one id.
func checkInventory(groups []*device.DeviceGroup) []string {
	var faults []string
	names, ids := map[string]bool{}, map[string]bool{}
	for _, group := range groups {
		name := groupName(group)
		if group.GetVendor() == "" || group.GetDeviceType() == "" || group.GetDeviceName() == "" {
			faults = append(faults, fmt.Sprintf("group %q: vendor, type and name must be there", name))
		}
		if names[name] {
			faults = append(faults, fmt.Sprintf("group %q comes twice", name))
		}
		names[name] = true

		for _, detected := range group.GetDevices() {
			if detected.GetID() == "" {
				faults = append(faults, fmt.Sprintf("group %q has a device without an id", name))
			}
			if ids[detected.GetID()] {
				faults = append(faults, fmt.Sprintf("device %q comes twice", detected.GetID()))
			}
			ids[detected.GetID()] = true
		}
		for key, attribute := range group.GetAttributes() {
			if fault := checkAttribute(attribute); fault != "" {
				faults = append(faults, fmt.Sprintf("attribute %q of group %q: %s", key, name, fault))
			}
		}
	}
	return faults
}

func checkAttribute(attribute *structs.Attribute) string {
	number := false
	switch value := attribute.GetValue().(type) {
	case nil:
		return "no value is set"
	case *structs.Attribute_IntVal:
		number = true
	case *structs.Attribute_FloatVal:
		if math.IsNaN(value.FloatVal) || math.IsInf(value.FloatVal, 0) {
			return "it is not a finite number"
		}
		number = true
	}

	if unit := attribute.GetUnit(); unit != "" && (!units[unit] || !number) {
		return fmt.Sprintf("the unit %q is unknown to Nomad or does not stand with a number", unit)
	}
	return ""
}

// checkStats names what Nomad's client and command line dereference without a look (plugins/device/util.go,
// command/helper_devices.go), and devices that have no statistics under the name of their group.
func checkStats(groups []*device.DeviceGroupStats, inventory []*device.DeviceGroup) []string {
	var faults []string
	found := map[string]bool{}
	for _, group := range groups {
		name := strings.Join([]string{group.GetVendor(), group.GetType(), group.GetName()}, "/")
		for id, stats := range group.GetInstanceStats() {
			found[name+"["+id+"]"] = true
			if stats.GetSummary() == nil || stats.GetStats() == nil || stats.GetTimestamp() == nil {
				faults = append(faults, fmt.Sprintf("the statistics of %q lack summary, stats or timestamp", id))
			}
			faults = append(faults, checkValue(id+": summary", stats.GetSummary())...)
			faults = append(faults, checkObject(id, stats.GetStats())...)
		}
	}

	for _, group := range inventory {
		for _, detected := range group.GetDevices() {
			if key := groupName(group) + "[" + detected.GetID() + "]"; !found[key] {
				faults = append(faults, fmt.Sprintf("there are no statistics for %s", key))
			}
		}
	}
	return faults
}

func checkObject(path string, object *structs.StatObject) []string {
	var faults []string
	for name, value := range object.GetAttributes() {
		faults = append(faults, checkValue(path+": "+name, value)...)
	}
	for name, nested := range object.GetNested() {
		faults = append(faults, checkObject(path+": "+name, nested)...)
	}
	return faults
}

// checkValue refuses what cannot be written as JSON, since one such value spoils the whole of /v1/client/stats.
func checkValue(path string, value *structs.StatValue) []string {
	for _, number := range []float64{
		value.GetFloatNumeratorVal().GetValue(), value.GetFloatDenominatorVal().GetValue(),
	} {
		if math.IsNaN(number) || math.IsInf(number, 0) {
			return []string{path + " is not a finite number"}
		}
	}
	return nil
}

// checkReservation names what would stop a task or the client itself (client/allocrunner/taskrunner/device_hook.go).
func checkReservation(reservation *device.ContainerReservation) []string {
	if reservation == nil {
		return []string{"container_res is absent, which ends Nomad's client"}
	}

	var faults []string
	for name, value := range reservation.GetEnvs() {
		if strings.Contains(value, "${") {
			faults = append(faults, fmt.Sprintf("the value of %q would be interpolated by Nomad", name))
		}
	}
	return faults
}

func groupName(group *device.DeviceGroup) string {
	return strings.Join([]string{group.GetVendor(), group.GetDeviceType(), group.GetDeviceName()}, "/")
}

func refuse(faults []string) error {
	if len(faults) == 0 {
		return nil
	}
	return fmt.Errorf("Nomad would refuse this: %s", strings.Join(faults, "; "))
}
