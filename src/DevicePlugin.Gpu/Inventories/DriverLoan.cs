namespace DevicePlugin.Gpu.Inventories;

/// <summary>That somebody else has the driver for a while, to reset a GPU.</summary>
/// <param name="Gpu">UUID of that GPU.</param>
/// <param name="To">Who has it.</param>
/// <param name="Limit">How long at the most.</param>
/// <param name="IsWanted">False when whoever has it is gone.</param>
internal sealed record DriverLoan(string Gpu, string To, TimeSpan Limit, Func<bool> IsWanted)
{
    public string Text => $"GPU \"{Gpu}\" is being reset by {To}";

    /// <summary>Whether both are for the same reset; a request that is repeated makes another record of it.</summary>
    public bool IsSameAs(DriverLoan other) => (Gpu, To) == (other.Gpu, other.To);
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

    /// <summary>
    /// Completes when the driver is free. The same borrower may ask again. Null when somebody else has the driver.
    /// </summary>
    public Task? TryLend(DriverLoan loan)
    {
        lock (_gate)
        {
            if (_current is { } current)
            {
                return current.Loan.IsSameAs(loan) ? current.Released.Task : null;
            }

            var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _current = (loan, timeProvider.GetTimestamp(), released);
            _last = null;
            _held = loan;
            return released.Task;
        }
    }

    /// <summary>Says that the driver is free now. Has no effect if the loan has ended in the meantime.</summary>
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
            if (_current is not { } current || !current.Loan.IsSameAs(loan))
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

    /// <summary>Says that GPUs were read. True when one of them was held back until then.</summary>
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

    /// <summary>Whether that borrower was the last to have the driver, and gave it back. It may have been opened again since then.</summary>
    public bool HasTakenBack(DriverLoan loan)
    {
        lock (_gate)
        {
            return _last?.IsSameAs(loan) == true;
        }
    }

    /// <summary>The loan that is over because the borrower has ended or its time is up, and why; null if there is none.</summary>
    public (DriverLoan Loan, string Reason)? FindOverdue()
    {
        (DriverLoan Loan, long Began) lent;
        lock (_gate)
        {
            if (_current is not var (loan, began, _))
            {
                return null;
            }

            lent = (loan, began);
        }

        // Not under the lock, which each inventory takes: it reads files of /proc.
        return timeProvider.GetElapsedTime(lent.Began) >= lent.Loan.Limit ? (lent.Loan, "its time is up")
            : !lent.Loan.IsWanted() ? (lent.Loan, "it has ended")
            : null;
    }

    // A person may have edited the record that a UUID is from.
    private static bool IsSame(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}
