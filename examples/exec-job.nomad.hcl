# A task of the driver exec: it sees the device nodes that it was given and no others. Nothing of NVIDIA's but the driver
# has to be on the node.
#
# Agent: no-runtime-agent.hcl
# Scenario: l40s

job "gpu-exec" {
  datacenters = ["dc1"]
  type        = "batch"

  group "gpu" {
    task "nvidia-smi" {
      driver = "exec"

      config {
        command = "/usr/local/nvidia/bin/nvidia-smi"
      }

      # The plugin sets no search paths: they belong to the image or, as here, to the task.
      env {
        LD_LIBRARY_PATH = "/usr/local/nvidia/lib64"
      }

      resources {
        cpu    = 500
        memory = 512

        device "nvidia/gpu" {
          constraint {
            attribute = "${device.attr.memory}"
            operator  = ">="
            value     = "45000 MiB"
          }

          # Rates have units too.
          constraint {
            attribute = "${device.attr.pci_bandwidth}"
            operator  = ">="
            value     = "30 GB/s"
          }

          constraint {
            attribute = "${device.attr.architecture}"
            operator  = "regexp"
            value     = "^(ada|hopper|blackwell)$"
          }

          # FP8 came with 8.9.
          constraint {
            attribute = "${device.attr.compute_capability}"
            operator  = ">="
            value     = "8.9"
          }

          # Rather a board that draws little.
          affinity {
            attribute = "${device.attr.power}"
            operator  = "<="
            value     = "0.4 kW"
            weight    = 60
          }

          affinity {
            attribute = "${device.attr.nvlink_count}"
            operator  = "is_not_set"
            weight    = 20
          }
        }
      }
    }
  }
}
