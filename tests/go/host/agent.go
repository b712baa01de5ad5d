package main

import (
	"fmt"
	"io/ioutil"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// pluginName is the label of the plugin's block, which is the name of its file.
const pluginName = "nomad-device-gpu"

// agentBody is the config block of our plugin in an agent's configuration.
func agentBody(path string) (hcl.Body, error) {
	source, err := ioutil.ReadFile(path)
	if err != nil {
		return nil, err
	}
	file, diagnostics := hclsyntax.ParseConfig(source, path, hcl.InitialPos)
	if diagnostics.HasErrors() {
		return nil, diagnostics
	}

	for _, block := range file.Body.(*hclsyntax.Body).Blocks {
		if block.Type != "plugin" || block.Labels[0] != pluginName {
			continue
		}
		if len(block.Body.Blocks) != 1 || block.Body.Blocks[0].Type != "config" {
			return nil, fmt.Errorf("%s: the plugin's block must hold one block config", path)
		}
		return block.Body.Blocks[0].Body, nil
	}
	return nil, fmt.Errorf("%s has no block plugin %q", path, pluginName)
}

// sources is how many of the ways to give a configuration were used.
func (o options) sources() (count int) {
	for _, source := range []string{o.hcl, o.json, o.agent} {
		if source != "" {
			count++
		}
	}
	return count
}
