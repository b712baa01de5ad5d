using System.Globalization;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>The result of one check of the driver.</summary>
/// <param name="IsDone">Whether the driver behaved as the plugin expects.</param>
/// <param name="Name">A word for scripts.</param>
/// <param name="Text">How long it took, and details.</param>
public sealed record ProbeResult(bool IsDone, string Name, string Text);

/// <summary>
/// Checks undocumented behavior of this node's NVML that the plugin relies on: how long initialization takes, how event waits
/// behave, and whether the library can be closed and opened again. It changes nothing.
/// </summary>
public sealed class NvmlProbe(NvmlOptions options, Action<ProbeResult> tell, TimeProvider time) : IDisposable
{
    private const uint WaitMilliseconds = 500;

    // The waiting thread is inside the library by then.
    private static readonly TimeSpan Lead = TimeSpan.FromMilliseconds(100);

    private readonly NvmlWorker _worker = new("nvml probe", options.CallTimeout, time);
    private readonly NvmlWorker _second = new("nvml probe 2", options.CallTimeout, time);
    private NvmlLibrary? _library;
    private volatile string _step = "load";
    private bool _isDone = true;

    /// <summary>Opens the driver, gets a handle for each GPU, and closes the driver again.</summary>
    /// <param name="hold">What to wait for before closing. If null, events and reopening are checked.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Whether the driver passed every check.</returns>
    public async Task<bool> RunAsync(Func<Task>? hold, CancellationToken cancellationToken)
    {
        try
        {
            var gpus = await _worker.RunAsync(() => Open("") ? FindGpus() : null, cancellationToken).ConfigureAwait(false);
            if (gpus is null)
            {
                return false;
            }

            await (hold?.Invoke() ?? TryEventsAsync(gpus, cancellationToken)).ConfigureAwait(false);
            await _worker.RunAsync(Close, cancellationToken).ConfigureAwait(false);
            if (hold is null)
            {
                await _worker.RunAsync(() => Open("re") && FindGpus() is not null && Close(), cancellationToken)
                    .ConfigureAwait(false);
            }
        }
        catch (TimeoutException exception)
        {
            Fail("hang", $"{exception.Message} ({_step})");
        }

        return _isDone;
    }

    public void Dispose()
    {
        _worker.Dispose();
        _second.Dispose();
    }

    private bool Open(string prefix)
    {
        _step = $"{prefix}load";
        var began = time.GetTimestamp();
        _library = NvmlLibrary.Load(NvmlLibraryLocator.Candidates(options), out var attempts);
        if (_library is not { Api: var api } library)
        {
            return Fail("library", string.Join("; ", attempts.Select(attempt => $"{attempt.Candidate}: {attempt.Failure}")));
        }

        Tell($"{prefix}load", began, $"{library.Path}, NVML {api.GetVersion() ?? "of unknown version"}");
        _step = $"{prefix}init";
        began = time.GetTimestamp();
        var result = api.System.Init.Call();
        return result == NvmlReturn.Success
            ? Tell($"{prefix}init", began, "")
            : Fail($"{prefix}init", NvmlException.Describe(api.System.Init.Name, result));
    }

    private List<nint>? FindGpus()
    {
        var system = _library!.Api.System;
        _step = "gpus";
        uint count = 0;
        if (system.DeviceCount.Call(ref count) is not NvmlReturn.Success and var failure)
        {
            Fail("gpus", NvmlException.Describe(system.DeviceCount.Name, failure));
            return null;
        }

        if (count == 0)
        {
            Fail("gpus", "the driver is loaded and has no GPU");
        }

        var gpus = new List<nint>();
        for (uint index = 0; index < count; index++)
        {
            _step = Invariant($"handle-{index}");
            var began = time.GetTimestamp();
            nint device = 0;
            var result = system.DeviceByIndex.Call(index, ref device);
            if (result == NvmlReturn.Success)
            {
                gpus.Add(device);
                Tell($"handle-{index}", began, "");
            }
            else
            {
                Fail($"handle-{index}", NvmlException.Describe(system.DeviceByIndex.Name, result));
            }
        }

        return gpus;
    }

    private async Task TryEventsAsync(List<nint> gpus, CancellationToken cancellationToken)
    {
        for (var index = 0; index < gpus.Count; index++)
        {
            var device = gpus[index];
            var name = Invariant($"events-{index}");
            _step = name;
            await _worker.RunAsync(() => TryEvents(name, device), cancellationToken).ConfigureAwait(false);
        }

        if (gpus.Count > 0)
        {
            await TryRegisteringWhileWaitingAsync(gpus[0], cancellationToken).ConfigureAwait(false);
        }
    }

    private bool TryEvents(string name, nint device)
    {
        var events = _library!.Api.Events;
        ulong types = 0;
        var result = events.SupportedTypes.Call(device, ref types);
        if (result != NvmlReturn.Success || (types & GpuEvents.Xid) == 0)
        {
            // The plugin then reads XIDs from the kernel log alone.
            return result == NvmlReturn.Success ? Tell(name, null, Invariant($"no XIDs among the types 0x{types:x}"))
                : result.IsUnsupported() ? Tell(name, null, NvmlException.Describe(events.SupportedTypes.Name, result))
                : Fail(name, NvmlException.Describe(events.SupportedTypes.Name, result));
        }

        nint set = 0;
        result = events.Create.Call(ref set);
        if (result != NvmlReturn.Success)
        {
            return Fail(name, NvmlException.Describe(events.Create.Name, result));
        }

        var began = time.GetTimestamp();
        result = events.RegisterEvents(device, types & (GpuEvents.Xid | GpuEvents.DoubleBitEcc), set);
        var registering = time.GetElapsedTime(began);
        if (result != NvmlReturn.Success)
        {
            return Fail(name, NvmlException.Describe(events.Register.Name, result));
        }

        began = time.GetTimestamp();
        result = events.WaitForEvent(set, out var data, WaitMilliseconds);
        var waited = time.GetElapsedTime(began);
        events.Free.Call(set);
        var text = Invariant($"types 0x{types:x}, registered in {Milliseconds(registering)}, waited {Milliseconds(waited)} of {WaitMilliseconds} ms");
        return result switch
        {
            NvmlReturn.Timeout when waited.TotalMilliseconds > WaitMilliseconds / 2.0 => Tell(name, null, text),
            NvmlReturn.Success when data.Type != 0 => Tell(name, null, Invariant($"{text}, event 0x{data.Type:x} with data {data.Data}")),
            _ => Fail(name, $"{text}: {GpuEvents.DescribeWait(events.Wait.Name, result)}"),
        };
    }

    /// <summary>Whether registering blocks while another thread waits on the same set, which NVML does not document.</summary>
    private async Task TryRegisteringWhileWaitingAsync(nint device, CancellationToken cancellationToken)
    {
        const string Name = "register-while-waiting";
        _step = Name;
        var events = _library!.Api.Events;
        nint set = 0;
        if (!await _worker.RunAsync(() => (set = CreateSet(device)) != 0, cancellationToken).ConfigureAwait(false))
        {
            Tell(Name, null, "not tried: no events");
            return;
        }

        var waiting = _second.RunAsync(
            () => events.WaitForEvent(set, out _, WaitMilliseconds) == NvmlReturn.Success, cancellationToken);
        await Task.Delay(Lead, time, cancellationToken).ConfigureAwait(false);
        await _worker.RunAsync(() => Register(device, set), cancellationToken).ConfigureAwait(false);
        await waiting.ConfigureAwait(false);
        await _worker.RunAsync(() => events.Free.Call(set) == NvmlReturn.Success, cancellationToken).ConfigureAwait(false);

        bool Register(nint gpu, nint into)
        {
            var began = time.GetTimestamp();
            var result = events.RegisterEvents(gpu, GpuEvents.Xid, into);
            return Tell(Name, began, $"{events.Register.Name} answered {result.CodeName()}");
        }
    }

    private nint CreateSet(nint device)
    {
        var events = _library!.Api.Events;
        ulong types = 0;
        nint set = 0;
        return events.SupportedTypes.Call(device, ref types) == NvmlReturn.Success && (types & GpuEvents.Xid) != 0
            && events.Create.Call(ref set) == NvmlReturn.Success
            && events.RegisterEvents(device, GpuEvents.Xid, set) == NvmlReturn.Success
                ? set
                : 0;
    }

    private bool Close()
    {
        _step = "shutdown";
        var began = time.GetTimestamp();
        var shutdown = _library!.Api.System.Shutdown;
        if (shutdown.Call() is not NvmlReturn.Success and var result)
        {
            return Fail("shutdown", NvmlException.Describe(shutdown.Name, result));
        }

        Tell("shutdown", began, "");
        _step = "dlclose";
        var mapped = FindMapped(_library.Path);
        began = time.GetTimestamp();
        _library.Dispose();
        return Tell("dlclose", began, mapped is null ? "" : FindMapped(_library.Path) is null
            ? $"{mapped} was unmapped"
            : $"{mapped} stays mapped");
    }

    // The mapped file has a longer name than the symlink, such as libnvidia-ml.so.580.105.08.
    private static string? FindMapped(string library) => (TextFile.TryRead("/proc/self/maps") ?? "").Split('\n')
        .Select(line => line[(line.LastIndexOf(' ') + 1)..])
        .FirstOrDefault(path => Path.GetFileName(path).StartsWith(Path.GetFileName(library), StringComparison.Ordinal));

    private bool Tell(string name, long? began, string text)
    {
        var took = began is { } start ? Milliseconds(time.GetElapsedTime(start)) : "";
        tell(new ProbeResult(true, name, string.Join(", ", new[] { took, text }.Where(part => part.Length > 0))));
        return true;
    }

    private bool Fail(string name, string text)
    {
        _isDone = false;
        tell(new ProbeResult(false, name, text));
        return false;
    }

    private static string Milliseconds(TimeSpan span) => Invariant($"{span.TotalMilliseconds:0.00} ms");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
