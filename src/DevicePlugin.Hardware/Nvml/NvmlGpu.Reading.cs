using System.Collections.Immutable;
using DevicePlugin.Gpu;

namespace DevicePlugin.Hardware.Nvml;

/// <content>What runs on the worker of the GPU.</content>
internal sealed partial class NvmlGpu
{
    /// <summary>
    /// Judges the call that the refresh has given up. Null where there is none; false when nothing is known of the GPU but what it
    /// was like before; true when its devices show that it, or the driver, does not answer.
    /// </summary>
    public bool? ConcludeHang()
    {
        if (!_hangs || !IsReachable)
        {
            return null;
        }

        // Null: it came back meanwhile, and the next refresh reads the GPU.
        var hang = _worker.FindHang();
        var waits = hang?.Cause == HangCause.OtherGpu;
        if (waits && !_waitsForOther)
        {
            _logger.GpuWaits(Uuid, hang!.Message);
        }

        _waitsForOther = waits;
        if (waits || hang is null or { Cause: HangCause.Unknown })
        {
            return false;
        }

        _wasRead = true;
        Fail(hang.Fault);
        return true;
    }

    private async Task ReadDevicesAsync()
    {
        try
        {
            Devices = await _worker.RunAsync(Refresh).ConfigureAwait(false);
            _hangs = false;
            _waitsForOther = false;
        }
        catch (CallHangsException)
        {
            _readAll = true;
            _hangs = true;
        }
        catch (NvmlException) when (_isClosed && !_session.IsLost)
        {
            // Another object stands for the GPU by now.
        }
    }

    private void Close() => _migSampler?.Dispose();

    private ImmutableArray<GpuDevice> Refresh()
    {
        // Set again by what happens from here on, which this reading may not show.
        var readAll = Interlocked.Exchange(ref _readAll, false);
        var begun = _time.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                _session.Resolve(Handle);
                var devices = ReadDevices(readAll);
                if (_modes.IdentityLost)
                {
                    // Whatever was just read belongs to the other GPU.
                    var evidence = $"{_query.Api.Device.Uuid.Name} returned another GPU's UUID for its handle";
                    Fail(new DeviceFault(DeviceFaultKind.Lost, $"{evidence}."), contradiction: evidence);
                    _hub.PublishInventory(Uuid);
                    return Devices;
                }

                Answered(begun);
                return devices;
            }
            catch (NvmlException exception) when (exception.Result == NvmlReturn.Unknown && attempt == 1)
            {
                // Passing while the GSP firmware restarts, for good on a dead one: the second time it counts.
            }
            catch (NvmlException exception) when (!exception.Result.IsDriverLoss())
            {
                var kind = exception.Result.Fault() ?? DeviceFaultKind.CallFailed;
                Fail(new DeviceFault(kind, $"{exception.Message}."));
                return Devices;
            }
        }
    }

    private ImmutableArray<GpuDevice> ReadDevices(bool readAll)
    {
        if (_failed)
        {
            readAll = true;
            Drop();
            _events.Retry();
            _failed = false;
        }

        if (_mustIdentify)
        {
            Identify();
        }

        if (IsHidden(_identity))
        {
            return [Describe(_identity, [])];
        }

        // Before anything is read, so that nothing that happens from here on is missed.
        _events.Register();
        var migChanged = _mig.Refresh(readAll, hadInstances: Devices.Any(device => device.Mig is not null));
        if (migChanged)
        {
            // The switch resets the GPU, and what it supports differs in the two modes.
            Forget();
            _board = null;
        }

        _board ??= new GpuBoardReader(_query, _options).Read(_identity.PciBusId);
        var ecc = _modes.Ecc;
        _modes.Read(readAll || migChanged, _board, _mig.Mode == true);
        if (ecc is not null && ecc != _modes.Ecc)
        {
            // Boards that keep the check bits in memory now have less of it.
            Forget();
            _board = new GpuBoardReader(_query, _options).Read(_identity.PciBusId);
        }

        _migSampler?.Keep(_mig.Devices);
        NeedsResolve = _modes.IdentityLost;
        _unidentified = null;
        var parent = Describe(_identity, _modes.Faults);
        return [parent, .. _mig.Devices.Select(device => Describe(device, parent))];
    }

    private GpuReadings Read(string uuid)
    {
        try
        {
            _session.Resolve(Handle);
            if (_board is null)
            {
                return GpuReadings.None;
            }

            _sampler ??= new GpuSampler(_query, _options.ProcRoot, _time);
            if (uuid == Uuid)
            {
                var begun = _time.GetTimestamp();
                var readings = _modes.AddTo(_sampler.Read(_board.Facts.NvLinkCount ?? 0));
                Answered(begun);
                return readings;
            }

            return _mig.Find(uuid) is { } instance ? Read(instance, _sampler) : GpuReadings.None;
        }
        catch (NvmlException exception)
        {
            if (exception.Result.IsDriverLoss())
            {
                _session.Lose(exception.Function, exception.Result);
            }
            else
            {
                ReportBadSample(exception.Message);
            }

            return GpuReadings.None;
        }
    }

    private GpuReadings Read(MigDevice instance, GpuSampler parent)
    {
        _migSampler ??= new MigSampler(parent, _query, _time);
        var values = _migSampler.Read(instance);

        // A handle may lead to whatever has the slot by now: asked afterwards, so that the values are this instance's.
        if (_query.Api.GetUuid(instance.Query.Device, out var result) == instance.Uuid)
        {
            return values;
        }

        ReportBadSample(result == NvmlReturn.Success
            ? $"the handle of MIG instance {instance.Uuid} leads to another one"
            : NvmlException.Describe(_query.Api.Device.Uuid.Name, result));
        return GpuReadings.None;
    }

    /// <summary>Of a hidden GPU only the identity is read, for which the library may not need the driver.</summary>
    private void Answered(long begun)
    {
        if (_board is not null)
        {
            _order.Answered(begun);
        }
    }

    /// <summary>Once until a refresh has looked: it gives the fault its name.</summary>
    private void ReportBadSample(string reason)
    {
        var devices = Devices;
        if (!devices.IsEmpty && devices[0].Faults.IsEmpty && !_readAll)
        {
            _readAll = true;
            _logger.SampleFailed(Uuid, reason);
            _hub.PublishInventory(Uuid);
        }
    }
}
