// Package handshake holds what Nomad and its plugins agree on before they speak.
package handshake

import plugin "github.com/hashicorp/go-plugin"

// Nomad is the handshake of Nomad's plugins/base/plugin.go. The cookie is no secret: it only tells a person who starts
// the executable from a process that does.
var Nomad = plugin.HandshakeConfig{
	ProtocolVersion:  2,
	MagicCookieKey:   "NOMAD_PLUGIN_MAGIC_COOKIE",
	MagicCookieValue: "e4327c2e01eabfd75a8a67adb114fb34a757d57eee7728d857a8cec6e91a7255",
}

// DeviceAPIVersion is the only version of the device plugin API so far (Nomad's plugins/device/versions.go).
const DeviceAPIVersion = "v0.1.0"
