# A container of Podman with one GPU. One CDI name fits into `devices`, so it is one GPU a task: of several the variable
# has all names with commas, which Podman does not split.
#
# Agent: podman-agent.hcl
# Scenario: dgx-h100

job "gpu-podman" {
  datacenters = ["dc1"]
  type        = "batch"

  group "gpu" {
    task "nvidia-smi" {
      driver = "podman"

      config {
        image   = "docker.io/nvidia/cuda:12.8.1-base-ubuntu24.04"
        command = "nvidia-smi"
        devices = ["${NVIDIA_CDI_DEVICES}"]
      }

      resources {
        cpu    = 100
        memory = 256

        device "nvidia/gpu" {
          count = 1

          constraint {
            attribute = "${device.attr.memory}"
            operator  = ">="
            value     = "80 GB"
          }

          constraint {
            attribute = "${device.attr.ecc_mode}"
            value     = "Enabled"
          }

          constraint {
            attribute = "${device.attr.driver_version}"
            operator  = "version"
            value     = ">= 550.54, < 600"
          }

          affinity {
            attribute = "${device.model}"
            operator  = "regexp"
            value     = "H(100|200)"
            weight    = 80
          }

          # Away from GPUs that sit in one NVLink fabric: those are for jobs that span them.
          affinity {
            attribute = "${device.attr.fabric_clique_id}"
            operator  = "is_set"
            weight    = -20
          }
        }
      }
    }
  }
}
