namespace DevicePlugin.Gpu.Inventories;

/// <summary>That somebody else has the driver for a while, to reset a GPU.</summary>
/// <param name="Gpu">UUID of that GPU.</param>
/// <param name="To">Who has it.</param>
/// <param name="Limit">How long at the most.</param>
/// <param name="IsWanted">False when whoever has it is gone.</param>
internal sealed record DriverLoan(string Gpu, string To, TimeSpan Limit, Func<bool> IsWanted)
{
    public string Text => $"GPU \"{Gpu}\" is being reset by {To}";
}

/// <summary>
/// Keeps the driver closed while it is lent. What was last read of the GPUs goes on being offered meanwhile: the loan is short,
/// and the other GPUs of the node are as they were.
/// </summary>
internal sealed class DriverLending(TimeProvider timeProvider)
{
    private readonly Lock _gate = new();
    private (DriverLoan Loan, long Began, TaskCompletionSource Released)? _current;
    private DriverLoan? _last;
    private DriverLoan? _held;

    public DriverLoan? Current
    {
        get
        {
            lock (_gate)
            {
                return _current?.Loan;
            }
        }
    }

    /// <summary>Completes when the driver is free; for the borrower who has it already too. Null when another one has it.</summary>
    public Task? TryLend(DriverLoan loan)
    {
        lock (_gate)
        {
            if (_current is { } current)
            {
                return (current.Loan.Gpu, current.Loan.To) == (loan.Gpu, loan.To) ? current.Released.Task : null;
            }

            var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _current = (loan, timeProvider.GetTimestamp(), released);
            _last = null;
            _held = loan;
            return released.Task;
        }
    }

    /// <summary>The driver is free; of a loan that ended meanwhile nobody needs to know.</summary>
    public void NoteReleased(DriverLoan loan)
    {
        lock (_gate)
        {
            if (_current is { } current && ReferenceEquals(current.Loan, loan))
            {
                current.Released.TrySetResult();
            }
        }
    }

    /// <summary>False when it was not lent to that borrower.</summary>
    public bool TakeBack(DriverLoan loan)
    {
        lock (_gate)
        {
            if (_current is not { } current || (current.Loan.Gpu, current.Loan.To) != (loan.Gpu, loan.To))
            {
                return false;
            }

            current.Released.TrySetResult();
            _current = null;
            _last = current.Loan;
            return true;
        }
    }

    /// <summary>
    /// Why a device gets no tasks, whatever the record of cordons says: what was read of it is from before its reset. Null for the
    /// others.
    /// </summary>
    public string? FindHold(GpuDevice device)
    {
        lock (_gate)
        {
            return _held is { } loan && IsSame(loan.Gpu, device.PhysicalUuid) ? $"being reset by {loan.To}" : null;
        }
    }

    /// <summary>That GPUs were read. True when one of them was held back until then.</summary>
    /// <param name="unread">UUIDs of those that were not.</param>
    public bool EndHold(IEnumerable<string> unread)
    {
        lock (_gate)
        {
            if (_current is not null || _held is not { } loan || unread.Any(uuid => IsSame(uuid, loan.Gpu)))
            {
                return false;
            }

            _held = null;
            return true;
        }
    }

    /// <summary>Whether that borrower had the driver last and has it no more: it may be open again since.</summary>
    public bool HasTakenBack(DriverLoan loan)
    {
        lock (_gate)
        {
            return _last is { } last && (last.Gpu, last.To) == (loan.Gpu, loan.To);
        }
    }

    /// <summary>The loan that is over because nobody wants it any more or its time is up, and why; null while there is none.</summary>
    public (DriverLoan Loan, string Reason)? FindOverdue()
    {
        lock (_gate)
        {
            return _current is not { } current ? null
                : timeProvider.GetElapsedTime(current.Began) >= current.Loan.Limit ? (current.Loan, "its time is up")
                : !current.Loan.IsWanted() ? (current.Loan, "it has ended")
                : null;
        }
    }

    // A person may have edited the record that a UUID is from.
    private static bool IsSame(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}
