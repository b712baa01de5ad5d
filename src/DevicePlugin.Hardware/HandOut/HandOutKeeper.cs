using System.Collections.Immutable;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Hardware.Cdi;
using DevicePlugin.Hardware.DeviceNodes;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.HandOut;

/// <summary>
/// Takes care of what is handed out at each refresh, mainly the CDI spec, and says which devices cannot be handed out. A disk
/// may be slow: a refresh waits a moment for it, and another refresh is requested when it is done.
/// </summary>
/// <param name="cdi">Keeps the spec.</param>
/// <param name="timeProvider">Measures the wait.</param>
/// <param name="logger">For failures that must not happen.</param>
/// <param name="refresh">Asks for a refresh.</param>
public sealed class HandOutKeeper(CdiSpecKeeper cdi, TimeProvider timeProvider, ILogger<HandOutKeeper> logger, Action refresh)
    : IAsyncDisposable
{
    // Longer than the wait for the kernel module (KernelGpuCheck), so that a GPU that hangs there affects only itself.
    internal static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _stopping = new();
    private Task<Findings>? _pass;
    private Findings? _last;
    private Findings? _late;

    /// <summary>Must not be called again before it has returned. Throws only for the token.</summary>
    /// <returns>By UUID why a device cannot be handed to a task.</returns>
    public async Task<IReadOnlyDictionary<string, string>> FindObstaclesAsync(
        HandOutOptions options, Inventory inventory, CancellationToken cancellationToken)
    {
        // A late result answers the refresh that it requested: otherwise a slow disk would never have a result.
        if (Interlocked.Exchange(ref _late, null) is { } late && late.Options == options)
        {
            _last = late;
            return late.Of(inventory);
        }

        if (_pass is not { IsCompleted: false })
        {
            _pass = Task.Run(() => ExamineAsync(options, inventory), CancellationToken.None);
        }

        var pass = _pass;
        await Task.WhenAny(pass, Task.Delay(Grace, timeProvider, cancellationToken)).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (pass.IsCompleted && (await pass.ConfigureAwait(false)).Options == options)
        {
            _last = await pass.ConfigureAwait(false);
            return _last.Of(inventory);
        }

        // The previous result stays valid until it is done, and a reservation checks for itself.
        _ = TellAsync(pass);
        var last = _last is { } known && known.Options == options ? known : Findings.None(options);
        return last.Of(inventory);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        if (_pass is { } pass)
        {
            await pass.ConfigureAwait(false);
        }

        _stopping.Dispose();
    }

    private async Task TellAsync(Task<Findings> pass)
    {
        Volatile.Write(ref _late, await pass.ConfigureAwait(false));
        refresh();
    }

    private async Task<Findings> ExamineAsync(HandOutOptions options, Inventory inventory)
    {
        try
        {
            var files = await ReadFilesAsync(options, inventory).ConfigureAwait(false);
            var state = options.Cdi is { } wanted ? cdi.Keep(wanted, inventory, files) : null;
            return new Findings(options, Judge(options, inventory, files with { Cdi = state }));
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return Findings.None(options);
        }
        catch (Exception exception)
        {
            // A refresh awaits this and must not fail because of it.
            logger.HandOutNotExamined(exception);
            return Findings.None(options);
        }
    }

    private async Task<NodeFiles> ReadFilesAsync(HandOutOptions options, Inventory inventory)
    {
        ImmutableArray<GpuDevice> gpus = [.. inventory.Physical.Select(device => device.Gpu)];
        var missing = new List<MissingNode>();
        var files = options.Files.Read(gpus, inventory.Driver, missing);
        return missing.Count > 0 && options.Maker is { } maker && inventory is { Driver.IsLoaded: true, IsSimulated: false }
            && await maker.MakeAsync(missing, _stopping.Token).ConfigureAwait(false)
            ? options.Files.Read(gpus, inventory.Driver)
            : files;
    }

    private static ImmutableDictionary<string, string?> Judge(HandOutOptions options, Inventory inventory, NodeFiles files)
    {
        var found = ImmutableDictionary.CreateBuilder<string, string?>(StringComparer.Ordinal);
        foreach (var device in inventory.Physical)
        {
            found[device.Gpu.Uuid] = HandOutRule.FindObstacle(device, files, options.Policy, inventory.IsSimulated);
        }

        return found.ToImmutable();
    }

    /// <param name="Options">The options that were applied.</param>
    /// <param name="ByUuid">Null where there is no obstacle.</param>
    private sealed record Findings(HandOutOptions Options, ImmutableDictionary<string, string?> ByUuid)
    {
        private const string NotExamined = "its device nodes and files are not examined yet";

        public static Findings None(HandOutOptions options) => new(options, ImmutableDictionary<string, string?>.Empty);

        public Dictionary<string, string> Of(Inventory inventory)
        {
            var obstacles = new Dictionary<string, string>(StringComparer.Ordinal);
            if (!inventory.Driver.IsLoaded)
            {
                // What is listed all the same is unhealthy for that reason.
                return obstacles;
            }

            foreach (var device in inventory.Physical)
            {
                if (!ByUuid.TryGetValue(device.Gpu.Uuid, out var obstacle))
                {
                    obstacle = NotExamined;
                }

                if (obstacle is not null)
                {
                    obstacles[device.Gpu.Uuid] = obstacle;
                }
            }

            return obstacles;
        }
    }
}
