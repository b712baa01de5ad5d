package main

import (
	"fmt"
	"io/ioutil"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	ctyconvert "github.com/zclconf/go-cty/cty/convert"
)

// deviceRequest is a device block of a job.
type deviceRequest struct {
	place       string
	name        string
	count       int
	constraints []comparison
	affinities  []comparison
}

// comparison is a constraint or an affinity. Weights of constraints mean nothing.
type comparison struct {
	attribute, operator, operand string
	weight                       int
}

func (c comparison) String() string {
	return fmt.Sprintf("%s %s %s", c.attribute, c.operator, c.operand)
}

// readJob finds the device blocks of a job's file.
func readJob(path string) ([]deviceRequest, error) {
	source, err := ioutil.ReadFile(path)
	if err != nil {
		return nil, err
	}
	file, diagnostics := hclsyntax.ParseConfig(source, path, hcl.InitialPos)
	if diagnostics.HasErrors() {
		return nil, diagnostics
	}

	var requests []deviceRequest
	err = eachBlock(file.Body.(*hclsyntax.Body), []string{"job", "group", "task", "resources", "device"}, "",
		func(place string, block *hclsyntax.Block) error {
			request, err := readRequest(place, block, source)
			requests = append(requests, request)
			return err
		})
	if err == nil && len(requests) == 0 {
		err = fmt.Errorf("%s asks for no device", path)
	}
	return requests, err
}

// eachBlock visits the blocks at the end of a path of types, with the labels on the way to them.
func eachBlock(
	body *hclsyntax.Body, types []string, place string, visit func(string, *hclsyntax.Block) error) error {
	for _, block := range body.Blocks {
		if block.Type != types[0] {
			continue
		}

		inner := strings.TrimSpace(place + " " + strings.Join(block.Labels, " "))
		err := error(nil)
		if len(types) == 1 {
			err = visit(inner, block)
		} else {
			err = eachBlock(block.Body, types[1:], inner, visit)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func readRequest(place string, block *hclsyntax.Block, source []byte) (deviceRequest, error) {
	request := deviceRequest{place: place, name: block.Labels[0], count: 1}
	for name, attribute := range block.Body.Attributes {
		if name != "count" {
			return request, fmt.Errorf("%s: a device block has no %q", place, name)
		}
		if _, err := fmt.Sscan(literal(attribute.Expr, source), &request.count); err != nil {
			return request, err
		}
	}
	for _, nested := range block.Body.Blocks {
		compared, err := readComparison(nested, source)
		if err != nil {
			return request, fmt.Errorf("%s: %v", place, err)
		}
		switch nested.Type {
		case "constraint":
			request.constraints = append(request.constraints, compared)
		case "affinity":
			request.affinities = append(request.affinities, compared)
		default:
			return request, fmt.Errorf("%s: a device block has no block %q", place, nested.Type)
		}
	}
	return request, nil
}

func readComparison(block *hclsyntax.Block, source []byte) (comparison, error) {
	// 50 is what an affinity weighs that does not say it (api/tasks.go).
	result := comparison{operator: "=", weight: 50}
	for name, attribute := range block.Body.Attributes {
		text := literal(attribute.Expr, source)
		switch {
		case name == "attribute":
			result.attribute = text
		case name == "operator":
			result.operator = text
		case name == "value":
			result.operand = text
		case name == "weight" && block.Type == "affinity":
			if _, err := fmt.Sscan(text, &result.weight); err != nil {
				return result, err
			}
		default:
			return result, fmt.Errorf("%q in a block %q is not read by this program", name, block.Type)
		}
	}
	return result, nil
}

// literal is the text of an expression. Nomad leaves "${device.attr.memory}" to the scheduler: it has no value yet.
func literal(expression hclsyntax.Expression, source []byte) string {
	if value, diagnostics := expression.Value(nil); !diagnostics.HasErrors() {
		if text, err := ctyconvert.Convert(value, cty.String); err == nil && !text.IsNull() {
			return text.AsString()
		}
	}
	return strings.Trim(string(expression.Range().SliceBytes(source)), `"`)
}
