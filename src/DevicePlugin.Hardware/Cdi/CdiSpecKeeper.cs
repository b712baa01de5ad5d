using System.Collections.Immutable;
using System.Threading.Channels;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Hardware.DeviceNodes;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Cdi;

/// <summary>
/// Keeps the spec file as the node is: made anew from every inventory it is shown, written when it differs. On a task of its
/// own, since a disk may take its time and the inventory must not wait. Touches no file before the first inventory.
/// </summary>
public sealed class CdiSpecKeeper(ILogger<CdiSpecKeeper> logger) : IAsyncDisposable
{
    // Only the newest inventory matters.
    private readonly Channel<Inventory> _inventories = Channel.CreateBounded<Inventory>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });

    private readonly Lock _gate = new();
    private CdiOptions _options = new();
    private (CdiOptions Options, NodeFileReader Files)? _reader;
    private CdiSpecFile? _file;
    private string? _problem;
    private Task? _work;

    /// <summary>In force from the next inventory on.</summary>
    public void Configure(CdiOptions options) => Volatile.Write(ref _options, options);

    public void Offer(Inventory inventory)
    {
        _inventories.Writer.TryWrite(inventory);
        lock (_gate)
        {
            _work ??= Task.Run(RunAsync);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _inventories.Writer.TryComplete();
        Task? work;
        lock (_gate)
        {
            work = _work ??= Task.CompletedTask;
        }

        await work.ConfigureAwait(false);
    }

    internal void Keep(CdiOptions options, Inventory inventory)
    {
        if (_file?.Folder != options.SpecFolder)
        {
            _file?.Remove();
            _file = new CdiSpecFile(options.SpecFolder, logger);
        }

        if (Make(options, inventory) is { } spec)
        {
            _file.Write(spec);
        }
        else
        {
            _file.Remove();
        }
    }

    private async Task RunAsync()
    {
        await foreach (var inventory in _inventories.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            Keep(Volatile.Read(ref _options), inventory);
        }
    }

    private byte[]? Make(CdiOptions options, Inventory inventory)
    {
        if (!options.IsWanted || inventory.Devices.IsEmpty)
        {
            return null;
        }

        if (_reader?.Options != options)
        {
            // The spec is all a container gets, so the libraries are always in it.
            _reader = (options, new NodeFileReader(options.Files with { DriverLibraries = true }));
        }

        var files = _reader.Value.Files.Read(GpusOf(inventory), inventory.Driver);
        var problem = files.Driver?.Problem;
        if (problem is not null && problem != _problem)
        {
            logger.CdiSpecLacksLibraries(problem);
        }

        _problem = problem;

        return CdiSpec.Write(inventory, files, File.Exists(options.HookProgram) ? options.HookProgram : null);
    }

    private static ImmutableArray<GpuDevice> GpusOf(Inventory inventory)
    {
        var gpus = ImmutableArray.CreateBuilder<GpuDevice>();
        foreach (var device in inventory.Devices)
        {
            // Replicas of one GPU stand together.
            if (gpus.Count == 0 || gpus[^1].Uuid != device.Gpu.Uuid)
            {
                gpus.Add(device.Gpu);
            }
        }

        return gpus.ToImmutable();
    }
}
