package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	version "github.com/hashicorp/go-version"

	"nomad-device-gpu/protocol/structs"
)

// value is one side of a comparison: exactly one of text, flag and number is there, and a unit only with a number.
type value struct {
	text   *string
	flag   *bool
	number *float64
	whole  bool
	unit   string
}

// scale is what a unit multiplies by to come to the base of its kind, and that kind (plugins/shared/structs/units.go).
type scale struct {
	kind   string
	factor float64
}

var scales = unitScales()

func unitScales() map[string]scale {
	result := map[string]scale{
		"MHz": {"Hz", 1e6}, "GHz": {"Hz", 1e9},
		"mW": {"W", 1e-3}, "W": {"W", 1}, "kW": {"W", 1e3}, "MW": {"W", 1e6}, "GW": {"W", 1e9},
	}
	binary, decimal := 1.0, 1.0
	for _, prefix := range "KMGTPE" {
		binary, decimal = binary*1024, decimal*1000
		result[string(prefix)+"iB"] = scale{"B", binary}
		result[string(prefix)+"B"] = scale{"B", decimal}
	}
	result["kB"] = result["KB"]
	for unit, size := range result {
		if size.kind == "B" {
			result[unit+"/s"] = scale{"B/s", size.factor}
		}
	}
	return result
}

// parseLiteral reads what stands in a job as Nomad does (ParseAttribute in plugins/shared/structs/attribute.go). What is
// no number, with or without a unit that Nomad knows, and no bool either, is text.
func parseLiteral(input string) value {
	unit, digits := "", input
	if input != "" && unicode.IsLetter(rune(input[len(input)-1])) {
		// The longest unit at the end is meant: "MiB/s" ends in "s" and holds "MiB".
		for name := range scales {
			if strings.HasSuffix(input, name) && len(name) > len(unit) {
				unit = name
			}
		}
		digits = strings.TrimSpace(strings.TrimSuffix(input, unit))
	}

	if whole, err := strconv.ParseInt(digits, 10, 64); err == nil {
		number := float64(whole)
		return value{number: &number, whole: true, unit: unit}
	}
	if number, err := strconv.ParseFloat(digits, 64); err == nil {
		return value{number: &number, unit: unit}
	}
	if flag, err := strconv.ParseBool(input); err == nil {
		return value{flag: &flag}
	}
	return value{text: &input}
}

func attributeValue(attribute *structs.Attribute) value {
	switch held := attribute.GetValue().(type) {
	case *structs.Attribute_IntVal:
		number := float64(held.IntVal)
		return value{number: &number, whole: true, unit: attribute.GetUnit()}
	case *structs.Attribute_FloatVal:
		return value{number: &held.FloatVal, unit: attribute.GetUnit()}
	case *structs.Attribute_BoolVal:
		return value{flag: &held.BoolVal}
	case *structs.Attribute_StringVal:
		return value{text: &held.StringVal}
	default:
		return value{}
	}
}

// compare is (Attribute).Compare: values of different kinds, or with units of different kinds, have no order.
func compare(a, b value) (order int, comparable bool) {
	switch {
	case a.text != nil && b.text != nil:
		return strings.Compare(*a.text, *b.text), true
	case a.flag != nil && b.flag != nil:
		if *a.flag == *b.flag {
			return 0, true
		}
		return 1, true
	case a.number != nil && b.number != nil:
		left, right := scales[a.unit], scales[b.unit]
		if left.kind != right.kind {
			return 0, false
		}
		return compareNumbers(*a.number*factor(left), *b.number*factor(right)), true
	default:
		return 0, false
	}
}

func factor(s scale) float64 {
	if s.kind == "" {
		return 1
	}
	return s.factor
}

func compareNumbers(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}

// holds is checkAttributeConstraint in scheduler/feasible: whether "left operator right" is so. An operand that is nil
// was not found.
func holds(left *value, operator string, right *value) (bool, error) {
	switch operator {
	case "is_set":
		return left != nil, nil
	case "is_not_set":
		return left == nil, nil
	case "!=", "not":
		if left == nil || right == nil {
			return (left == nil) != (right == nil), nil
		}
		order, comparable := compare(*left, *right)
		return comparable && order != 0, nil
	}
	if left == nil || right == nil {
		return false, nil
	}

	switch operator {
	case "=", "==", "is", "<", "<=", ">", ">=":
		order, comparable := compare(*left, *right)
		return comparable && inOrder(order, operator), nil
	case "version":
		return matchesVersion(*left, *right)
	case "regexp":
		if left.text == nil || right.text == nil {
			return false, nil
		}
		return regexp.MatchString(*right.text, *left.text)
	case "set_contains", "set_contains_all", "set_contains_any":
		if left.text == nil || right.text == nil {
			return false, nil
		}
		return containsSet(*left.text, *right.text, operator == "set_contains_any"), nil
	default:
		return false, fmt.Errorf("Nomad has no operator %q for devices", operator)
	}
}

func inOrder(order int, operator string) bool {
	switch operator {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	default:
		return order == 0
	}
}

// matchesVersion is checkAttributeVersionMatch: the attribute is text or a whole number, the constraint text.
func matchesVersion(left, right value) (bool, error) {
	var text string
	switch {
	case left.text != nil:
		text = *left.text
	case left.number != nil && left.whole:
		text = strconv.FormatInt(int64(*left.number), 10)
	default:
		return false, nil
	}
	if right.text == nil {
		return false, nil
	}

	wanted, err := version.NewConstraint(*right.text)
	if err != nil {
		return false, err
	}
	found, err := version.NewVersion(text)
	return err == nil && wanted.Check(found), nil
}

func containsSet(set, wanted string, any bool) bool {
	members := map[string]bool{}
	for _, member := range strings.Split(set, ",") {
		members[strings.TrimSpace(member)] = true
	}
	for _, member := range strings.Split(wanted, ",") {
		if members[strings.TrimSpace(member)] == any {
			return any
		}
	}
	return !any
}
