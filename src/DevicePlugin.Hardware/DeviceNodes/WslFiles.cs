using System.Collections.Immutable;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Reservations;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>
/// What a task needs under WSL2, where Windows has the driver: one node for all GPUs, and a folder that Windows shares. Its
/// libraries are without a version in their names, and find the rest of the driver by its path in that folder, so it is
/// mounted whole and under the same path (nvidia-container-toolkit pkg/nvcdi/driver-wsl.go; microsoft/wslg, Containers.md).
/// </summary>
public static class WslFiles
{
    /// <summary>The node of DirectX, through which the driver talks to Windows.</summary>
    public const string Node = "dxg";

    private const string Folder = "/usr/lib/wsl";
    private const string LibraryFolder = "/usr/local/nvidia/lib64/";
    private const string ToolFolder = "/usr/local/nvidia/bin/";

    // Of all that is in the folder, what CUDA and NVML load by name; libcuda and dxcore are not optional.
    private static readonly string[] Libraries =
    [
        "libcuda.so.1", "libdxcore.so", "libnvidia-ml.so.1", "libnvidia-encode.so.1", "libnvcuvid.so.1",
        "libnvidia-opticalflow.so.1", "libnvoptix.so.1", "libnvdxgdmal.so.1", "libcudadebugger.so.1", "libnvidia-encode.so",
        "libnvcuvid.so", "libnvidia-opticalflow.so",
    ];

    /// <summary>A driver of Linux has a node of its own for control; a Linux that has both uses that one.</summary>
    public static bool AreIn(NodeFileOptions options) =>
        File.Exists(Path.Combine(options.DevRoot, Node)) && !File.Exists(Path.Combine(options.DevRoot, "nvidiactl"));

    /// <inheritdoc cref="AreIn(NodeFileOptions)"/>
    public static bool AreIn(NodeRoot files, string devRoot) =>
        files.FindDevice($"{devRoot}/{Node}") is not null && files.FindDevice($"{devRoot}/nvidiactl") is null;

    public static DeviceFiles Of(GpuDevice gpu) => new(gpu.Uuid, [Node]);

    public static DriverFiles FindDriver(string driverRoot)
    {
        var root = driverRoot.TrimEnd('/') + Folder;
        foreach (var needed in Libraries.AsSpan(0, 2))
        {
            if (!File.Exists($"{root}/lib/{needed}"))
            {
                return new DriverFiles([])
                {
                    Problem = $"the driver library \"{root}/lib/{needed}\", which Windows shares with WSL2, does not exist",
                };
            }
        }

        var mounts = ImmutableArray.CreateBuilder<ReservedMount>();
        mounts.Add(new ReservedMount(root, Folder, IsReadOnly: true));
        foreach (var library in Libraries)
        {
            Add($"{root}/lib/{library}", LibraryFolder + library, mounts);
        }

        // Windows may not have this file, but programs open it at run time.
        Add($"{root}/lib/libcuda.so.1", LibraryFolder + "libcuda.so", mounts);
        Add($"{root}/lib/nvidia-smi", ToolFolder + "nvidia-smi", mounts);
        return new DriverFiles(mounts.ToImmutable());
    }

    private static void Add(string file, string taskPath, ImmutableArray<ReservedMount>.Builder mounts)
    {
        if (File.Exists(file))
        {
            mounts.Add(new ReservedMount(file, taskPath, IsReadOnly: true));
        }
    }
}
