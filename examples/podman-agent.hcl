# GPUs for Podman: its Nomad driver takes no device nodes from a device plugin, but CDI names in a task's own `devices`.
# The plugin keeps the CDI spec; no NVIDIA container toolkit is needed.

plugin_dir = "/opt/nomad/plugins"

client {
  enabled = true
}

plugin "nomad-device-gpu" {
  config {
    reserve {
      # The task gets NVIDIA_CDI_DEVICES, and the spec file of the names in it lies here, where Podman looks for it.
      strategies   = ["cdi"]
      cdi_spec_dir = "/var/run/cdi"
    }
  }
}

# The driver is an executable of its own in plugin_dir.
plugin "nomad-driver-podman" {}
