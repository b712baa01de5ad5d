using System.Collections.Immutable;

namespace DevicePlugin.Gpu.Reservations;

/// <summary>What a task uses the driver for, by the words of NVIDIA's container toolkit.</summary>
[Flags]
public enum DriverCapabilities
{
    None = 0,

    /// <summary>CUDA and OpenCL.</summary>
    Compute = 1,

    /// <summary>nvidia-smi and NVML.</summary>
    Utility = 2,

    /// <summary>Hardware that encodes and decodes video.</summary>
    Video = 4,

    /// <summary>OpenGL and Vulkan.</summary>
    Graphics = 8,

    /// <summary>An X server on the GPU.</summary>
    Display = 16,

    /// <summary>NGX, such as DLSS.</summary>
    Ngx = 32,

    /// <summary>Whatever of it the node has.</summary>
    All = Compute | Utility | Video | Graphics | Display | Ngx,
}

/// <summary>The words of <c>driver_capabilities</c> and <c>NVIDIA_DRIVER_CAPABILITIES</c>.</summary>
public static class DriverCapabilityWords
{
    public static readonly ImmutableArray<(string Word, DriverCapabilities Meaning)> All =
    [
        ("compute", DriverCapabilities.Compute), ("utility", DriverCapabilities.Utility), ("video", DriverCapabilities.Video),
        ("graphics", DriverCapabilities.Graphics), ("display", DriverCapabilities.Display), ("ngx", DriverCapabilities.Ngx),
        ("all", DriverCapabilities.All),
    ];

    public static string Of(DriverCapabilities capability)
    {
        foreach (var (word, meaning) in All)
        {
            if (meaning == capability)
            {
                return word;
            }
        }

        throw new ArgumentOutOfRangeException(nameof(capability), capability, "has no word of its own");
    }
}
