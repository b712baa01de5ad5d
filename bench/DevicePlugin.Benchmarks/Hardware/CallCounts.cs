using System.Globalization;

namespace DevicePlugin.Benchmarks.Hardware;

/// <summary>The mock's count of NVML calls of one process.</summary>
internal static class CallCounts
{
    // The mock writes what is new at least every 100 ms.
    private static readonly TimeSpan Settled = TimeSpan.FromMilliseconds(300);

    /// <summary>Calls until now; waits until the counts of a process that does nothing more have been written.</summary>
    public static async Task<long> ReadSettledAsync(string folder, int process, CancellationToken cancellationToken)
    {
        for (var before = -1L; ; before = Read(folder, process))
        {
            await Task.Delay(Settled, cancellationToken);
            if (before == Read(folder, process))
            {
                return before;
            }
        }
    }

    /// <summary>Calls until a tenth of a second ago; 0 for a process that has not called NVML.</summary>
    public static long Read(string folder, int process)
    {
        var path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{process}.tsv"));
        return File.Exists(path)
            ? File.ReadLines(path).Select(line => line.Split('\t')).Where(row => row[0].StartsWith("nvml"))
                .Sum(row => long.Parse(row[1], CultureInfo.InvariantCulture))
            : 0;
    }
}
