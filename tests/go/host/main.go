// Command host starts a device plugin as Nomad's client does, with the go-plugin library, and drives it step by step:
//
//	host -plugin PATH [flags] [STEP...]
//
// A step is NAME or NAME=ARGUMENT (the table in steps.go); without any, they are those of a plugin's life in Nomad.
// Each step prints one JSON object on its own line: {"step":...,"ms":...,"ok":...,"result":...,"error":...}. Logs, the
// plugin's among them, go to stderr as hclog JSON. The exit status is 1 when a step failed, and 2 for a wrong command
// line.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	hclog "github.com/hashicorp/go-hclog"
)

// nomadLife is what Nomad does with a plugin from the start of its agent (helper/pluginutils/loader/init.go,
// client/devicemanager/instance.go): a look at it, a check of its configuration, the long run, and the next run after
// the agent of a crashed node came back.
const nomadLife = "Launch Ping PluginInfo ConfigSchema Kill " +
	"Launch SetConfig=validate SetConfig=validate Kill " +
	"Launch SetConfig Fingerprint Stats=2 Reserve Reserve=all Reserve=none Fingerprint Ping Connect Crash " +
	"Launch SetConfig Fingerprint Stats Reserve Kill " +
	"Launch SetConfig Fingerprint Stats Reattach"

type outcome struct {
	Step   string      `json:"step"`
	Ms     float64     `json:"ms"`
	Ok     bool        `json:"ok"`
	Result interface{} `json:"result,omitempty"`
	Error  *failure    `json:"error,omitempty"`
}

func main() {
	var options options
	flag.StringVar(&options.executable, "plugin", "", "the plugin's `executable`")
	flag.StringVar(&options.hcl, "config", "", "what is in the plugin's config block, in `HCL`")
	flag.StringVar(&options.json, "config-json", "", "the same in `JSON`, which is how Nomad hands it to its decoder")
	flag.StringVar(&options.agent, "agent", "", "the `file` of an agent's configuration that has the plugin's block")
	flag.BoolVar(&options.autoMTLS, "auto-mtls", false, "encrypt the connection (Nomad does not)")
	flag.DurationVar(&options.interval, "interval", time.Second, "interval asked for in Stats")
	flag.Parse()

	selected := flag.Args()
	if len(selected) == 0 {
		selected = strings.Fields(nomadLife)
		if options.autoMTLS {
			// The second client has no certificate that the plugin would take.
			selected[len(selected)-1] = "Kill"
		}
	}
	if options.executable == "" || options.sources() > 1 {
		flag.Usage()
		os.Exit(2)
	}
	for _, step := range selected {
		if steps[nameOf(step)] == nil {
			fmt.Fprintf(os.Stderr, "there is no step %q\n", step)
			os.Exit(2)
		}
	}

	session := newSession(options, hclog.New(&hclog.LoggerOptions{
		Name: "host", Level: hclog.Debug, Output: os.Stderr, JSONFormat: true,
	}))
	failed := run(session, selected)
	session.abandon()
	if failed {
		os.Exit(1)
	}
}

// run goes on after a failed step, so that a caller sees whether the plugin lives on after an error that was asked for.
func run(session *session, selected []string) (failed bool) {
	output := json.NewEncoder(os.Stdout)
	for _, step := range selected {
		argument := strings.TrimPrefix(strings.TrimPrefix(step, nameOf(step)), "=")
		begin := time.Now()
		result, err := steps[nameOf(step)](session, argument)
		elapsed := float64(time.Since(begin).Microseconds()) / 1000
		failed = failed || err != nil
		if err := output.Encode(outcome{nameOf(step), elapsed, err == nil, result, failureOf(err)}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	return failed
}

func nameOf(step string) string {
	return strings.SplitN(step, "=", 2)[0]
}
