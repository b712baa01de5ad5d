namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>A function that the library may lack. The call shapes of NVML are written down once, here.</summary>
/// <param name="name">As the library exports it.</param>
/// <param name="address">0: the library lacks it.</param>
/// <param name="meter">Told of its calls.</param>
/// <param name="gate">Counts who is inside the library; null: nobody closes it.</param>
internal readonly unsafe struct NativeFunction(string name, nint address, NvmlCallMeter? meter, LibraryGate? gate = null)
{
    public string Name { get; } = name;

    public bool Exists => address != 0;

    /// <summary>What a call that cannot be made answers: the library lacks the function, or is being closed.</summary>
    public NvmlReturn Refusal => Exists ? NvmlReturn.Uninitialized : NvmlReturn.FunctionNotFound;

    /// <summary>The function's address, for a call between <see cref="TryBegin"/> and <see cref="End"/>.</summary>
    public nint Address => address;

    /// <summary>
    /// True: the thread is inside the library from here on, until <see cref="End"/> gets the call's result. False:
    /// <see cref="Refusal"/> is the result.
    /// </summary>
    /// <param name="begun">For <see cref="End"/>.</param>
    /// <param name="wait">How long the call is told to wait for something; null for all others.</param>
    public bool TryBegin(out long begun, TimeSpan? wait = null)
    {
        begun = 0;
        if (address == 0 || gate?.TryEnter() == false)
        {
            return false;
        }

        RunningCall.Enter(Name);
        begun = meter?.Begin(Name, wait) ?? 0;
        return true;
    }

    public NvmlReturn End(long begun, NvmlReturn result)
    {
        RunningCall.Leave();
        gate?.Leave();
        meter?.End(Name, begun, result);
        return result;
    }

    /// <summary>The call that closes the library, when nobody is inside it and nobody can enter it.</summary>
    public NvmlReturn CallLast() => Exists
        ? ((delegate* unmanaged[Cdecl]<NvmlReturn>)address)()
        : NvmlReturn.FunctionNotFound;

    public NvmlReturn Call() => TryBegin(out var begun)
        ? End(begun, ((delegate* unmanaged[Cdecl]<NvmlReturn>)Address)())
        : Refusal;

    public NvmlReturn Call(uint argument) => TryBegin(out var begun)
        ? End(begun, ((delegate* unmanaged[Cdecl]<uint, NvmlReturn>)Address)(argument))
        : Refusal;

    public NvmlReturn Call(nint argument) => TryBegin(out var begun)
        ? End(begun, ((delegate* unmanaged[Cdecl]<nint, NvmlReturn>)Address)(argument))
        : Refusal;

    public NvmlReturn Call<T>(ref T output)
        where T : unmanaged
    {
        fixed (T* pointer = &output)
        {
            return TryBegin(out var begun)
                ? End(begun, ((delegate* unmanaged[Cdecl]<void*, NvmlReturn>)Address)(pointer))
                : Refusal;
        }
    }

    public NvmlReturn Call(uint index, ref nint output)
    {
        fixed (nint* pointer = &output)
        {
            return TryBegin(out var begun)
                ? End(begun, ((delegate* unmanaged[Cdecl]<uint, nint*, NvmlReturn>)Address)(index, pointer))
                : Refusal;
        }
    }

    public NvmlReturn Call<T>(nint device, ref T output)
        where T : unmanaged
    {
        fixed (T* pointer = &output)
        {
            return TryBegin(out var begun)
                ? End(begun, ((delegate* unmanaged[Cdecl]<nint, void*, NvmlReturn>)Address)(device, pointer))
                : Refusal;
        }
    }

    public NvmlReturn Call(nint device, ref uint first, ref uint second)
    {
        fixed (uint* one = &first, two = &second)
        {
            return TryBegin(out var begun)
                ? End(begun, ((delegate* unmanaged[Cdecl]<nint, uint*, uint*, NvmlReturn>)Address)(device, one, two))
                : Refusal;
        }
    }

    public NvmlReturn Call<T>(nint device, uint selector, ref T output)
        where T : unmanaged
    {
        fixed (T* pointer = &output)
        {
            return TryBegin(out var begun)
                ? End(begun, ((delegate* unmanaged[Cdecl]<nint, uint, void*, NvmlReturn>)Address)(
                    device, selector, pointer))
                : Refusal;
        }
    }

    public NvmlReturn Call(nint device, uint first, uint second, ref ulong output)
    {
        fixed (ulong* pointer = &output)
        {
            return TryBegin(out var begun)
                ? End(begun, ((delegate* unmanaged[Cdecl]<nint, uint, uint, ulong*, NvmlReturn>)Address)(
                    device, first, second, pointer))
                : Refusal;
        }
    }

    public NvmlReturn Call(nint device, uint first, uint second, uint third, ref ulong output)
    {
        fixed (ulong* pointer = &output)
        {
            return TryBegin(out var begun)
                ? End(begun, ((delegate* unmanaged[Cdecl]<nint, uint, uint, uint, ulong*, NvmlReturn>)Address)(
                    device, first, second, third, pointer))
                : Refusal;
        }
    }

    /// <summary>Shape (device, count, entries): the count goes in as room and comes back as what there is.</summary>
    public NvmlReturn CallList<T>(nint device, ref uint count, Span<T> entries)
        where T : unmanaged
    {
        fixed (T* pointer = entries)
        fixed (uint* room = &count)
        {
            return TryBegin(out var begun)
                ? End(begun, ((delegate* unmanaged[Cdecl]<nint, uint*, void*, NvmlReturn>)Address)(device, room, pointer))
                : Refusal;
        }
    }

    /// <summary>Shape (device, selector, count, entries).</summary>
    public NvmlReturn CallList<T>(nint device, uint selector, ref uint count, Span<T> entries)
        where T : unmanaged
    {
        fixed (T* pointer = entries)
        fixed (uint* room = &count)
        {
            return TryBegin(out var begun)
                ? End(begun, ((delegate* unmanaged[Cdecl]<nint, uint, uint*, void*, NvmlReturn>)Address)(
                    device, selector, room, pointer))
                : Refusal;
        }
    }

    /// <summary>Shape (text, length).</summary>
    public NvmlReturn CallText(Span<byte> buffer)
    {
        buffer.Clear();
        fixed (byte* pointer = buffer)
        {
            return TryBegin(out var begun)
                ? End(begun, ((delegate* unmanaged[Cdecl]<byte*, uint, NvmlReturn>)Address)(pointer, (uint)buffer.Length))
                : Refusal;
        }
    }

    /// <summary>Shape (device, text, length).</summary>
    public NvmlReturn CallText(nint device, Span<byte> buffer)
    {
        buffer.Clear();
        fixed (byte* pointer = buffer)
        {
            return TryBegin(out var begun)
                ? End(begun, ((delegate* unmanaged[Cdecl]<nint, byte*, uint, NvmlReturn>)Address)(
                    device, pointer, (uint)buffer.Length))
                : Refusal;
        }
    }

    /// <summary>Shape (device, selector, text, length).</summary>
    public NvmlReturn CallText(nint device, uint selector, Span<byte> buffer)
    {
        buffer.Clear();
        fixed (byte* pointer = buffer)
        {
            return TryBegin(out var begun)
                ? End(begun, ((delegate* unmanaged[Cdecl]<nint, uint, byte*, uint, NvmlReturn>)Address)(
                    device, selector, pointer, (uint)buffer.Length))
                : Refusal;
        }
    }

    /// <summary>Shape (number, text, length).</summary>
    public NvmlReturn CallText(uint argument, Span<byte> buffer)
    {
        buffer.Clear();
        fixed (byte* pointer = buffer)
        {
            return TryBegin(out var begun)
                ? End(begun, ((delegate* unmanaged[Cdecl]<uint, byte*, uint, NvmlReturn>)Address)(
                    argument, pointer, (uint)buffer.Length))
                : Refusal;
        }
    }
}
