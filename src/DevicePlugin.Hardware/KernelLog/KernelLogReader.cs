using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.KernelLog;

/// <summary>The thread that reads the kernel log and waits for more.</summary>
internal sealed class KernelLogReader : IDisposable
{
    private readonly string _path;
    private readonly KernelLogDevice? _device;
    private readonly Observer _see;
    private readonly Action<long> _lost;
    private readonly Action _atEnd;
    private readonly ILogger _logger;
    private long _last = -1;
    private bool _hasLost;

    /// <param name="path">The log.</param>
    /// <param name="see">Told of each record, on the thread.</param>
    /// <param name="lost">Told how many lines were overwritten before they were read.</param>
    /// <param name="atEnd">Told when there is nothing more to read, each time, and when there will be nothing.</param>
    /// <param name="logger">For a log that cannot be read.</param>
    public KernelLogReader(string path, Observer see, Action<long> lost, Action atEnd, ILogger logger)
    {
        (_path, _see, _lost, _atEnd, _logger) = (path, see, lost, atEnd, logger);
        _device = KernelLogDevice.Open(path, out var problem);
        if (_device is null)
        {
            logger.NoKernelLog(path, problem);
            atEnd();
            return;
        }

        new Thread(Run) { IsBackground = true, Name = "kernel-log" }.Start();
    }

    public delegate void Observer(KernelLogRecord record);

    /// <summary>Does not wait for the thread, which may be asking the driver; it ends when it can.</summary>
    public void Dispose() => _device?.Stop();

    private void Run()
    {
        try
        {
            Read(_device!);
        }
        catch (Exception exception)
        {
            // On a thread of its own it would end the process, and with it the service of every GPU.
            _logger.KernelLogFailed(_path, exception);
        }
        finally
        {
            _device!.Dispose();
            _atEnd();
        }
    }

    private void Read(KernelLogDevice device)
    {
        var buffer = new RecordBuffer();
        while (true)
        {
            switch (device.Read(buffer.Free, out var length, out var problem))
            {
                case LogRead.Data:
                    buffer.Fill(length);
                    SeeRecords(buffer);
                    break;
                case LogRead.Lost:
                    _hasLost = true;
                    break;
                case LogRead.Failed:
                    _logger.KernelLogEnded(_path, problem);
                    return;
                default:
                    _atEnd();
                    if (!device.Wait())
                    {
                        return;
                    }

                    break;
            }
        }
    }

    private void SeeRecords(RecordBuffer buffer)
    {
        while (buffer.TryTake(out var line))
        {
            if (!KernelLogRecord.TryParse(line, out var record))
            {
                continue;
            }

            if (_hasLost)
            {
                _hasLost = false;
                _lost(_last >= 0 && record.Sequence > _last + 1 ? record.Sequence - _last - 1 : 1);
            }

            _last = record.Sequence;
            _see(record);
        }
    }
}
