# Two tasks, each with a MIG instance: one by its profile, one by what it must be able to do.
#
# Each task asks for one instance: a CUDA process sees a single MIG instance, and no whole GPU beside it. Work for several
# instances needs several tasks, or a group with a count.
#
# Agent: mig-agent.hcl
# Scenario: dgx-a100-mig

job "gpu-mig" {
  datacenters = ["dc1"]
  type        = "batch"

  group "gpu" {
    task "by-profile" {
      driver = "docker"

      config {
        image   = "nvidia/cuda:12.8.1-base-ubuntu24.04"
        command = "nvidia-smi"
        args    = ["-L"]
      }

      resources {
        cpu    = 100
        memory = 256

        device "nvidia/gpu" {
          constraint {
            attribute = "${device.attr.mig_profile}"
            value     = "3g.20gb"
          }
        }
      }
    }

    task "by-size" {
      driver = "docker"

      config {
        image   = "nvidia/cuda:12.8.1-base-ubuntu24.04"
        command = "nvidia-smi"
        args    = ["-L"]
      }

      resources {
        cpu    = 100
        memory = 256

        device "nvidia/gpu" {
          # An instance, whichever it is: whole GPUs have no slices.
          constraint {
            attribute = "${device.attr.mig_gpu_slices}"
            operator  = "is_set"
          }

          constraint {
            attribute = "${device.attr.memory}"
            operator  = ">="
            value     = "9 GiB"
          }

          # The memory is not shared: compute instances of one GPU instance would share it.
          constraint {
            attribute = "${device.attr.mig_compute_instances}"
            value     = "1"
          }

          # The smallest that will do.
          affinity {
            attribute = "${device.attr.memory}"
            operator  = "<"
            value     = "15 GiB"
            weight    = 100
          }
        }
      }
    }
  }
}
