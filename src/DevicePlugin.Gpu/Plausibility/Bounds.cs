namespace DevicePlugin.Gpu.Plausibility;

/// <summary>Beyond what any board has, and far below all ones.</summary>
internal static class Bounds
{
    public const double LeastCelsius = -60;

    public const double MostCelsius = 200;

    public const double MostWatts = 20_000;

    public const double MostMegahertz = 10_000;

    /// <summary>64 TiB.</summary>
    public const double MostMemoryMiB = 64.0 * 1024 * 1024;

    public const double MostFanPercent = 150;

    public const double MostPcieGeneration = 15;

    public const double MostPcieWidth = 64;

    public const double MostNvLinks = 64;

    /// <summary>Sixteen bits, of which NVML knows nine.</summary>
    public const double MostReasons = 0xFFFF;

    /// <summary>Of what a board or a process table has: cores, rows, pages, engines, processes.</summary>
    public const double MostParts = 10_000_000;

    /// <summary>Errors, retries and joules.</summary>
    public const double MostCount = 1e15;
}
