# A task that gets two GPUs of one model and shows them.
#
# Agent: agent.hcl
# Scenario: dgx-h100

job "gpu" {
  datacenters = ["dc1"]
  type        = "batch"

  group "gpu" {
    task "nvidia-smi" {
      driver = "docker"

      config {
        image   = "nvidia/cuda:12.8.1-base-ubuntu24.04"
        command = "nvidia-smi"
      }

      resources {
        cpu    = 100
        memory = 256

        # Both of one group, which is to say one model: a request never spans two. One device block a task: of several
        # blocks Nomad keeps the variables of the last only.
        device "nvidia/gpu" {
          count = 2

          # Numbers with a unit want a value with a unit, of the same kind but not necessarily the same.
          constraint {
            attribute = "${device.attr.memory}"
            operator  = ">="
            value     = "40 GiB"
          }

          # Numbers without a unit want a value without one.
          constraint {
            attribute = "${device.attr.compute_capability}"
            operator  = ">="
            value     = "8.0"
          }

          # Versions are text: compare them with the operator for versions.
          constraint {
            attribute = "${device.attr.driver_version}"
            operator  = "version"
            value     = ">= 535.0"
          }

          # Modes are words.
          constraint {
            attribute = "${device.attr.mig_mode}"
            operator  = "!="
            value     = "Enabled"
          }

          affinity {
            attribute = "${device.attr.architecture}"
            value     = "hopper"
            weight    = 75
          }

          affinity {
            attribute = "${device.model}"
            operator  = "regexp"
            value     = "H100|H200"
            weight    = 25
          }
        }
      }
    }
  }
}
