using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using DevicePlugin.Gpu;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>
/// Reads the kernel module's files about its GPUs. Reading takes locks that a sick GPU may hold, so each file is read on a
/// thread of its own, which is abandoned when it does not return.
/// </summary>
internal sealed class KernelGpuFiles(string procRoot, TimeProvider time)
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    // A dozen short lines.
    private const int MostBytes = 4096;

    // Of the process, since a file that hangs is to keep one thread however often it is asked for and by whom.
    private static readonly ConcurrentDictionary<string, Task> Stuck = new(StringComparer.Ordinal);

    private readonly string _folder = Path.Combine(procRoot, "driver", "nvidia", "gpus");

    /// <summary>The GPU at an address; it was not read when there is no such file.</summary>
    public async Task<ImmutableArray<KernelGpuFile>> ReadAsync(IEnumerable<string> pciBusIds) =>
        [.. await Task.WhenAll(pciBusIds.Select(ReadAsync)).ConfigureAwait(false)];

    /// <summary>Every GPU that the module lists, in the order of the addresses; none where it lists nothing.</summary>
    public Task<ImmutableArray<KernelGpuFile>> ReadAllAsync() => ReadAsync(ListAddresses());

    private string[] ListAddresses()
    {
        try
        {
            var addresses = Directory.GetDirectories(_folder).Select(folder => Path.GetFileName(folder))
                .Where(name => PciBusId.Normalize(name) is not null).ToArray();
            Array.Sort(addresses, StringComparer.Ordinal);
            return addresses;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private async Task<KernelGpuFile> ReadAsync(string pciBusId)
    {
        var path = Path.Combine(_folder, pciBusId, "information");
        if (!File.Exists(path))
        {
            return new KernelGpuFile(path);
        }

        if (Stuck.TryGetValue(path, out var earlier) && !earlier.IsCompleted)
        {
            return new KernelGpuFile(path) { IsLate = true };
        }

        var reading = Task.Factory.StartNew(
            () => TryRead(path), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            var text = await reading.WaitAsync(Limit, time).ConfigureAwait(false);
            return new KernelGpuFile(path) { Gpu = text is null ? null : KernelGpu.Parse(PciBusId.Normalize(pciBusId) ?? pciBusId, text) };
        }
        catch (TimeoutException)
        {
            Stuck[path] = reading;
            _ = reading.ContinueWith(
                done => Stuck.TryRemove(KeyValuePair.Create<string, Task>(path, done)), CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            return new KernelGpuFile(path) { IsLate = true };
        }
    }

    private static string? TryRead(string path)
    {
        Span<byte> buffer = stackalloc byte[MostBytes];
        try
        {
            using var file = File.OpenHandle(path, share: FileShare.ReadWrite);
            return Encoding.UTF8.GetString(buffer[..RandomAccess.Read(file, buffer, 0)]);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return null;
        }
    }
}

/// <summary>The result of reading one file.</summary>
internal sealed record KernelGpuFile(string Path)
{
    /// <summary>Its folder's name, in sysfs notation.</summary>
    public string? PciBusId => Gpu is { } gpu
        ? gpu.PciBusId
        : DevicePlugin.Gpu.PciBusId.Normalize(System.IO.Path.GetFileName(System.IO.Path.GetDirectoryName(Path)) ?? "");

    /// <summary>Null where there is no file, none that may be read, or one that did not answer.</summary>
    public KernelGpu? Gpu { get; init; }

    /// <summary>It did not answer within the limit.</summary>
    public bool IsLate { get; init; }
}
