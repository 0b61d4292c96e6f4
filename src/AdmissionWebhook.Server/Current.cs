namespace AdmissionWebhook.Server;

/// <summary>A value that a background service replaces while requests read it. Each request sees one whole value, the old or the new one.</summary>
internal sealed class Current<T>(T value) where T : class
{
    private readonly Lock _changing = new();
    private volatile T _value = value;

    public T Value { get => _value; set => _value = value; }

    /// <summary>Replaces the value by the result of <paramref name="change"/>. Writers take turns; readers do not wait.</summary>
    public void Change(Func<T, T> change)
    {
        lock (_changing)
            _value = change(_value);
    }
}
