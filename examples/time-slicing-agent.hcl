# Small GPUs that are offered four times each; their processes take turns and can see each other's memory run out.

plugin_dir = "/opt/nomad/plugins"

client {
  enabled = true
}

plugin "nomad-device-gpu" {
  config {
    # The first block that matches a GPU wins. A GPU that none matches stays one device.
    sharing {
      strategy = "time-slicing"
      replicas = 4
      devices  = ["Tesla T4", "NVIDIA L4"]

      # The group keeps its model's name unless this is true: then a job has to ask for the shared group by its name.
      rename = false

      # How long a process keeps the GPU while others wait.
      time_slice = "default"
    }
  }
}

plugin "docker" {
  config {
    allow_runtimes = ["runc", "nvidia"]
  }
}
