# Runs on the node of fake-agent.hcl; `nomad alloc logs -job fake-gpu` shows what the task was given.
#
# Agent: fake-agent.hcl
# Scenario: dgx-h100

job "fake-gpu" {
  datacenters = ["dc1"]

  group "gpu" {
    task "show" {
      driver = "raw_exec"

      config {
        command = "/bin/sh"
        args    = ["-c", "env | grep VISIBLE_DEVICES; exec sleep 3600"]
      }

      resources {
        cpu    = 100
        memory = 64

        device "nvidia/gpu/NVIDIA H100 80GB HBM3" {
          count = 2

          # Otherwise a job for an invented GPU could land on a real one.
          constraint {
            attribute = "${device.attr.simulated}"
            value     = "true"
          }

          constraint {
            attribute = "${device.attr.memory}"
            operator  = ">="
            value     = "40 GiB"
          }

          constraint {
            attribute = "${device.attr.compute_capability}"
            operator  = ">="
            value     = "8.0"
          }

          constraint {
            attribute = "${device.attr.driver_version}"
            operator  = "version"
            value     = ">= 535.0"
          }
        }
      }
    }
  }
}
