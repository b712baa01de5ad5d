# A node of eight invented H100, to try jobs and constraints on any machine:
#   nomad agent -dev -config examples/fake-agent.hcl

plugin_dir = "/opt/nomad/plugins"

plugin "nomad-device-gpu" {
  config {
    backend = "fake"

    fake {
      # `nomad-device-gpu scenarios` lists them.
      scenario = "dgx-h100"
    }

    reserve {
      cuda_visible_devices = true
    }
  }
}

plugin "raw_exec" {
  config {
    enabled = true
  }
}
