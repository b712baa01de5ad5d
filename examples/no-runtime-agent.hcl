# GPUs in containers, and in exec, without the NVIDIA container toolkit: the task gets the device nodes, and the driver's
# libraries and tools read-only under /usr/local/nvidia/{lib64,bin}. Docker needs no runtime of its own for that.
# The task sets its search paths itself: exec-job.nomad.hcl.

plugin_dir = "/opt/nomad/plugins"

client {
  enabled = true
}

plugin "nomad-device-gpu" {
  config {
    # Where a container has installed the driver, its root, for example "/run/nvidia/driver".
    driver_root = "/"

    reserve {
      strategies       = ["device-nodes"]
      driver_libraries = true
    }
  }
}
