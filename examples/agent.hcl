# A Nomad client with GPUs: put the executable nomad-device-gpu, and nothing else of it, into plugin_dir.

plugin_dir = "/opt/nomad/plugins"

client {
  enabled = true
}

# The label is the name of the file. Without a block of this label Nomad skips the file, and says so in a warning.
plugin "nomad-device-gpu" {
  # Every key may be left out; `nomad-device-gpu config example` prints all of them with their defaults.
  config {
    # GPUs that jobs must not get: UUID, index or PCI bus id.
    ignored_gpu_ids = []

    reserve {
      # For raw_exec and exec, where nothing reads NVIDIA_VISIBLE_DEVICES.
      cuda_visible_devices = true
    }
  }
}

# GPUs in containers need the NVIDIA container toolkit, and its runtime in Docker's daemon.json.
plugin "docker" {
  config {
    allow_runtimes = ["runc", "nvidia"]
  }
}
