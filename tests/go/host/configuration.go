package main

import (
	"errors"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hcldec"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	hcljson "github.com/hashicorp/hcl/v2/json"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
	ctymsgpack "github.com/zclconf/go-cty/cty/msgpack"

	"nomad-device-gpu/protocol/hclspec"
)

// encode decodes a plugin's configuration by the schema that the plugin gave, and encodes it for SetConfig. Without any
// text the defaults of the schema are all there is.
func (o options) encode(schema *hclspec.Spec) (packed []byte, readable []byte, err error) {
	spec, err := convert(schema, "")
	if err != nil {
		return nil, nil, fmt.Errorf("the schema cannot be used: %v", err)
	}

	body, err := o.body()
	if err != nil {
		return nil, nil, err
	}

	value, diagnostics := hcldec.Decode(body, spec, nil)
	if diagnostics.HasErrors() {
		return nil, nil, fmt.Errorf("the configuration does not fit the schema: %v", diagnostics)
	}

	if packed, err = ctymsgpack.Marshal(value, value.Type()); err != nil {
		return nil, nil, err
	}
	readable, err = ctyjson.Marshal(value, value.Type())
	return packed, readable, err
}

func (o options) body() (hcl.Body, error) {
	if o.json != "" {
		file, diagnostics := hcljson.Parse([]byte(o.json), "config.json")
		if diagnostics.HasErrors() {
			return nil, diagnostics
		}
		return file.Body, nil
	}

	if o.agent != "" {
		return agentBody(o.agent)
	}

	file, diagnostics := hclsyntax.ParseConfig([]byte(o.hcl), "config.hcl", hcl.InitialPos)
	if diagnostics.HasErrors() {
		return nil, diagnostics
	}

	// A whole config block is what people copy from an agent's configuration.
	body := file.Body.(*hclsyntax.Body)
	if len(body.Attributes) == 0 && len(body.Blocks) == 1 && body.Blocks[0].Type == "config" {
		return body.Blocks[0].Body, nil
	}
	return body, nil
}

// convert makes the decoder's specification of a schema. A part of an object without a name of its own has the name of
// its place (Nomad's helper/pluginutils/hclspecutils); anywhere else the name must be there.
func convert(spec *hclspec.Spec, place string) (hcldec.Spec, error) {
	switch block := spec.GetBlock().(type) {
	case *hclspec.Spec_Object:
		return convertObject(block.Object)
	case *hclspec.Spec_Array:
		return convertArray(block.Array)
	case *hclspec.Spec_Attr:
		kind, err := parseType(block.Attr.Type)
		name := named(block.Attr.Name, place)
		return &hcldec.AttrSpec{Name: name, Type: kind, Required: block.Attr.Required}, join(err, requireName(name))
	case *hclspec.Spec_BlockValue:
		nested, err := convert(block.BlockValue.Nested, "")
		name := named(block.BlockValue.Name, place)
		return &hcldec.BlockSpec{TypeName: name, Nested: nested, Required: block.BlockValue.Required},
			join(err, requireName(name))
	case *hclspec.Spec_BlockAttrs:
		kind, err := parseType(block.BlockAttrs.Type)
		name := named(block.BlockAttrs.Name, place)
		return &hcldec.BlockAttrsSpec{TypeName: name, ElementType: kind, Required: block.BlockAttrs.Required},
			join(err, requireName(name))
	case *hclspec.Spec_BlockList:
		list := block.BlockList
		nested, err := convert(list.Nested, "")
		name := named(list.Name, place)
		return &hcldec.BlockListSpec{
			TypeName: name, Nested: nested, MinItems: int(list.MinItems), MaxItems: int(list.MaxItems),
		}, join(err, requireName(name))
	case *hclspec.Spec_BlockSet:
		set := block.BlockSet
		nested, err := convert(set.Nested, "")
		name := named(set.Name, place)
		return &hcldec.BlockSetSpec{
			TypeName: name, Nested: nested, MinItems: int(set.MinItems), MaxItems: int(set.MaxItems),
		}, join(err, requireName(name))
	case *hclspec.Spec_BlockMap:
		nested, err := convert(block.BlockMap.Nested, "")
		name := named(block.BlockMap.Name, place)
		return &hcldec.BlockMapSpec{TypeName: name, Nested: nested, LabelNames: block.BlockMap.Labels},
			join(err, requireName(name))
	case *hclspec.Spec_Default:
		primary, err := convert(block.Default.Primary, "")
		fallback, fallbackErr := convert(block.Default.Default, "")
		return &hcldec.DefaultSpec{Primary: primary, Default: fallback}, join(err, fallbackErr)
	case *hclspec.Spec_Literal:
		value, err := evaluate(block.Literal.Value)
		return &hcldec.LiteralSpec{Value: value}, err
	default:
		return nil, fmt.Errorf("a specification at %q is empty", place)
	}
}

func convertObject(object *hclspec.Object) (hcldec.Spec, error) {
	result := hcldec.ObjectSpec{}
	for name, spec := range object.GetAttributes() {
		converted, err := convert(spec, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %v", name, err)
		}
		result[name] = converted
	}
	return result, nil
}

func convertArray(array *hclspec.Array) (hcldec.Spec, error) {
	result := hcldec.TupleSpec{}
	for _, spec := range array.GetValues() {
		converted, err := convert(spec, "")
		if err != nil {
			return nil, err
		}
		result = append(result, converted)
	}
	return result, nil
}

func parseType(text string) (cty.Type, error) {
	expression, diagnostics := hclsyntax.ParseExpression([]byte(text), "type", hcl.InitialPos)
	if diagnostics.HasErrors() {
		return cty.NilType, diagnostics
	}
	kind, diagnostics := typeexpr.TypeConstraint(expression)
	if diagnostics.HasErrors() {
		return cty.NilType, diagnostics
	}
	return kind, nil
}

func evaluate(text string) (cty.Value, error) {
	expression, diagnostics := hclsyntax.ParseExpression([]byte(text), "literal", hcl.InitialPos)
	if diagnostics.HasErrors() {
		return cty.NilVal, diagnostics
	}
	value, diagnostics := expression.Value(nil)
	if diagnostics.HasErrors() {
		return cty.NilVal, diagnostics
	}
	return value, nil
}

func named(own, place string) string {
	if own != "" {
		return own
	}
	return place
}

func requireName(name string) error {
	if name == "" {
		return errors.New("a name is missing")
	}
	return nil
}

func join(first, second error) error {
	if first != nil {
		return first
	}
	return second
}
