# GPUs whose processes run side by side under NVIDIA's Multi-Process Service, eight to a GPU, each with an eighth of the
# memory and of the multiprocessors. The plugin starts the control daemon and watches it; `nomad-device-gpu mps stop`
# puts everything back.

plugin_dir = "/opt/nomad/plugins"

client {
  enabled = true
}

plugin "nomad-device-gpu" {
  config {
    # It has to outlive a restart of the agent, and the daemon's pipes are under it.
    run_dir = "/run/nomad-device-gpu"

    sharing {
      strategy = "mps"
      replicas = 8
      devices  = ["NVIDIA H100*"]
      rename   = true
    }

    mps {
      manage_daemon = true

      # 0 is 100 divided by the replicas; more lets one client have what the others leave.
      thread_percentage = 25
    }
  }
}

plugin "docker" {
  config {
    allow_runtimes = ["runc", "nvidia"]
  }
}
