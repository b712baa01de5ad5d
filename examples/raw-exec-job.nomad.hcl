# A task of the driver raw_exec: it runs as the agent's user without any isolation, so CUDA_VISIBLE_DEVICES alone tells it
# which GPU is its own, and it could use the others.
#
# Agent: agent.hcl
# Scenario: a100

job "gpu-raw-exec" {
  datacenters = ["dc1"]
  type        = "batch"

  group "gpu" {
    task "show" {
      driver = "raw_exec"

      config {
        command = "/bin/sh"
        args    = ["-c", "echo $CUDA_VISIBLE_DEVICES; exec nvidia-smi --id=$CUDA_VISIBLE_DEVICES"]
      }

      resources {
        cpu    = 100
        memory = 256

        device "nvidia/gpu" {
          # A driver that has this CUDA version, or a newer one of the same or a later major version.
          constraint {
            attribute = "${device.attr.cuda_version}"
            operator  = "version"
            value     = ">= 12.4"
          }

          # Capacities of a group whose GPUs differ are the least of them.
          constraint {
            attribute = "${device.attr.sm_count}"
            operator  = ">="
            value     = "100"
          }

          constraint {
            attribute = "${device.attr.persistence_mode}"
            value     = "Enabled"
          }

          constraint {
            attribute = "${device.attr.mig_mode}"
            value     = "Disabled"
          }

          # Not one on which nothing may compute.
          constraint {
            attribute = "${device.attr.compute_mode}"
            operator  = "!="
            value     = "prohibited"
          }

          affinity {
            attribute = "${device.attr.cores_clock}"
            operator  = ">="
            value     = "1.4 GHz"
            weight    = 50
          }
        }
      }
    }
  }
}
