using DevicePlugin.Gpu;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>
/// The integrated GPU of a Tegra system (Jetson) up to Orin. Its kernel driver is nvgpu, whose many nodes (nvhost-*, nvmap and
/// more) and libraries NVIDIA lists for its container runtime in files of each release; nothing else says what a task needs.
/// </summary>
public static class TegraGpu
{
    public const string Obstacle =
        "it is the integrated GPU of a Tegra system (Jetson), whose device nodes the plugin does not know; use the strategy "
        + "envvar or volume-mounts with NVIDIA's container runtime";

    // NVML's names for it end so, and go-nvlib tells them by it (pkg/nvlib/info).
    private const string Mark = "(nvgpu)";

    public static bool Is(GpuDevice gpu) => gpu.Name.Contains(Mark, StringComparison.Ordinal);
}
