//! Python classes written in Rust: heap types, made anew for each interpreter.
//!
//! A class is a Rust type with tables of methods, properties and slots; the tables
//! hold functions only, so they are `static`. Payloads are shared and mutated through
//! cells: whoever runs below a trampoline holds the interpreter's lock.

use super::attach::Attached;
use super::convert::{Codec, to_str};
use super::error::{Error, Result};
use super::interpreter::Interpreter;
use super::object::{Object, Stored};
use super::trampoline;
use crate::ffi::python as ffi;
use std::ffi::{CStr, c_int, c_void};
use std::mem::{ManuallyDrop, offset_of};
use std::ops::Deref;
use std::ptr;

/// A Rust type that scripts see as a class.
pub trait Class: Sized + 'static {
    /// With its module: `builtins.mp_table`.
    const NAME: &'static CStr;
    const DOC: &'static CStr;
    const KIND: Kind;
    /// Each table ends with its `END`.
    const METHODS: &'static [Method<Self>];
    const PROPERTIES: &'static [Property<Self>] = &[Property::END];
    const SLOTS: &'static [Slot<Self>] = &[Slot::END];

    /// The payload of an instance that a script makes.
    fn new(_py: Attached<'_>) -> Result<'_, Self> {
        Err(Error::type_error("this class cannot be instantiated"))
    }

    /// Shows the collector what the payload refers to.
    fn visit(&self, _visitor: &mut Visitor) {}

    /// Whether the payload keeps nothing of a script's alive. Asked while detached, of an
    /// object that nobody else refers to.
    fn is_bare(&self) -> bool {
        true
    }

    /// Lets go of what could be part of a reference cycle.
    fn clear(&self) {}
}

/// What scripts may do with a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Made by this module only.
    Closed,
    /// The same, and refers to objects that scripts can change: the collector looks through
    /// it.
    Holding,
    /// Also carries attributes that scripts set.
    WithAttributes,
    /// Scripts make instances and subclasses.
    Open,
}

/// The memory of an instance.
#[repr(C)]
pub(super) struct Instance<T> {
    head: ffi::PyObject,
    pub(super) dict: *mut ffi::PyObject,
    pub(super) weak_references: *mut ffi::PyObject,
    pub(super) interpreter: *const Interpreter,
    value: ManuallyDrop<T>,
}

impl<T: Class> Instance<T> {
    pub(super) fn value(&self) -> &T {
        &self.value
    }

    /// # Safety
    /// `class` is `T`'s or a subclass, in the interpreter attached to.
    pub(super) unsafe fn alloc<'py>(
        py: Attached<'py>,
        class: *mut ffi::PyTypeObject,
        value: T,
    ) -> Result<'py, Object<'py>> {
        // SAFETY: tp_alloc returns zeroed memory of tp_basicsize, which is this struct's
        // size or more, or NULL with an exception. No collection can run before the value
        // is written: nothing is allocated in between.
        unsafe {
            let alloc = (*class).tp_alloc.unwrap_or(ffi::PyType_GenericAlloc);
            let object = Object::owned(py, alloc(class, 0))?;
            let instance = object.as_raw().cast::<Instance<T>>();
            (&raw mut (*instance).interpreter).write(py.interpreter());
            (&raw mut (*instance).value).write(ManuallyDrop::new(value));
            Ok(object)
        }
    }

    /// # Safety
    /// `instance` is whole, and its value is not used again.
    pub(super) unsafe fn drop_value(instance: *mut Self) {
        // SAFETY: by contract. An instance whose value was never written has none to drop:
        // tp_alloc zeroed it, and a failed `alloc` returns before.
        unsafe { ManuallyDrop::drop(&mut (*instance).value) }
    }
}

/// `self` of a method: the payload, the object around it, and the attach.
pub struct This<'a, 'py, T> {
    pub py: Attached<'py>,
    pub object: &'a Object<'py>,
    value: &'a T,
}

impl<T> Clone for This<'_, '_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for This<'_, '_, T> {}

impl<'a, 'py, T> This<'a, 'py, T> {
    pub(super) fn new(py: Attached<'py>, object: &'a Object<'py>, value: &'a T) -> Self {
        This { py, object, value }
    }

    /// The payload, for as long as the object.
    pub fn value(self) -> &'a T {
        self.value
    }
}

impl<T> Deref for This<'_, '_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value
    }
}

/// For the collector.
pub struct Visitor {
    visit: ffi::visitproc,
    argument: *mut c_void,
    result: c_int,
}

impl Visitor {
    pub(super) fn new(visit: ffi::visitproc, argument: *mut c_void) -> Self {
        Visitor { visit, argument, result: 0 }
    }

    pub fn stored(&mut self, object: &Stored) {
        self.raw(object.as_raw());
    }

    pub(super) fn raw(&mut self, object: *mut ffi::PyObject) {
        if self.result == 0 && !object.is_null() {
            // SAFETY: the collector's own function and argument, and a live object.
            self.result = unsafe { (self.visit)(object, self.argument) };
        }
    }

    pub(super) fn result(self) -> c_int {
        self.result
    }
}

macro_rules! table_row {
    ($(#[$doc:meta])* $name:ident, $raw:ty) => {
        $(#[$doc])*
        #[repr(transparent)]
        pub struct $name<T>($raw, std::marker::PhantomData<fn(&T)>);

        // SAFETY: holds pointers to static strings and functions only.
        unsafe impl<T> Sync for $name<T> {}
    };
}

table_row! {
    /// A row of a class's method table.
    Method, ffi::PyMethodDef
}

impl<T: Class> Method<T> {
    pub const END: Self = Method(ffi::PyMethodDef::zeroed(), std::marker::PhantomData);

    /// Positional arguments only. The docstring begins with them, as `inspect` reads them:
    /// `name($self, data, flush=1, /)\n--\n\n`.
    pub const fn new<F>(name: &'static CStr, _function: F, doc: &'static CStr) -> Self
    where
        F: for<'a, 'py> Fn(This<'a, 'py, T>, &'a [Object<'py>]) -> Result<'py, Object<'py>> + Copy,
    {
        let method = ffi::PyMethodDef {
            ml_name: name.as_ptr(),
            ml_meth: ffi::PyMethodDefPointer { PyCFunctionFast: trampoline::method::<T, F> },
            ml_flags: ffi::METH_FASTCALL,
            ml_doc: doc.as_ptr(),
        };
        Method(method, std::marker::PhantomData)
    }
}

table_row! {
    /// A row of a class's attribute table.
    Property, ffi::PyGetSetDef
}

impl<T: Class> Property<T> {
    pub const END: Self = Self::row(ptr::null(), None, None, ptr::null());

    pub const fn read_only<F>(name: &'static CStr, _get: F, doc: &'static CStr) -> Self
    where
        F: for<'a, 'py> Fn(This<'a, 'py, T>) -> Result<'py, Object<'py>> + Copy,
    {
        Self::row(name.as_ptr(), Some(trampoline::getter::<T, F>), None, doc.as_ptr())
    }

    pub const fn read_write<F, G>(name: &'static CStr, _get: F, _set: G, doc: &'static CStr) -> Self
    where
        F: for<'a, 'py> Fn(This<'a, 'py, T>) -> Result<'py, Object<'py>> + Copy,
        G: for<'a, 'py> Fn(This<'a, 'py, T>, Option<&'a Object<'py>>) -> Result<'py, ()> + Copy,
    {
        let (get, set) = (trampoline::getter::<T, F>, trampoline::setter::<T, G>);
        Self::row(name.as_ptr(), Some(get), Some(set), doc.as_ptr())
    }

    const fn row(
        name: *const std::ffi::c_char,
        get: Option<ffi::getter>,
        set: Option<ffi::setter>,
        doc: *const std::ffi::c_char,
    ) -> Self {
        Property(ffi::PyGetSetDef { name, get, set, doc, closure: ptr::null_mut() }, std::marker::PhantomData)
    }
}

table_row! {
    /// A row of a class's slot table: how it behaves under operators.
    Slot, ffi::PyType_Slot
}

macro_rules! slot_constructors {
    ($($(#[$doc:meta])* $name:ident: $slot:ident, $entry:ident, ($($argument:ty),*) -> $result:ty;)*) => {
        $($(#[$doc])*
        pub const fn $name<F>(_function: F) -> Self
        where
            F: for<'a, 'py> Fn(This<'a, 'py, T>, $($argument),*) -> Result<'py, $result> + Copy,
        {
            Self::row(ffi::$slot, trampoline::$entry::<T, F> as *mut c_void)
        })*
    };
}

impl<T: Class> Slot<T> {
    pub const END: Self = Self::row(0, ptr::null_mut());

    slot_constructors! {
        repr: Py_tp_repr, unary, () -> Object<'py>;
        iter: Py_tp_iter, unary, () -> Object<'py>;
        /// None ends the iteration.
        next: Py_tp_iternext, next, () -> Option<Object<'py>>;
        length: Py_mp_length, length, () -> usize;
        get_item: Py_mp_subscript, binary, (&'a Object<'py>) -> Object<'py>;
        /// None deletes the item.
        set_item: Py_mp_ass_subscript, assign, (&'a Object<'py>, Option<&'a Object<'py>>) -> ();
        contains: Py_sq_contains, contains, (&'a Object<'py>) -> bool;
        /// With one of CPython's `Py_EQ` family.
        compare: Py_tp_richcompare, compare, (&'a Object<'py>, c_int) -> Object<'py>;
        /// With the tuple of arguments and the dict of keywords.
        init: Py_tp_init, init, (&'a Object<'py>, Option<&'a Object<'py>>) -> ();
    }

    pub const fn unhashable() -> Self {
        Self::row(ffi::Py_tp_hash, ffi::PyObject_HashNotImplemented as *mut c_void)
    }

    const fn row(slot: c_int, function: *mut c_void) -> Self {
        Slot(ffi::PyType_Slot { slot, pfunc: function }, std::marker::PhantomData)
    }
}

/// Whether an instance of `T` is held by this reference alone and carries no attribute
/// and no weak reference. Callable while detached: nobody else can change that then,
/// since nobody else has a way to the object, but for `gc.get_objects`, whose new
/// reference makes this answer old; who relies on it asks again, attached.
pub fn is_bare<T: Class>(object: &Stored) -> bool {
    // SAFETY: the reference keeps the object alive; the fields are read as single words.
    unsafe {
        let instance = object.as_raw().cast::<Instance<T>>();
        ffi::Py_REFCNT(object.as_raw()) == 1
            && (&raw const (*instance).dict).read_volatile().is_null()
            && (&raw const (*instance).weak_references).read_volatile().is_null()
            && (*instance).value.is_bare()
    }
}

/// A class as one interpreter knows it.
pub struct ClassObject<T> {
    object: Stored,
    payload: std::marker::PhantomData<fn() -> T>,
}

impl<T: Class> ClassObject<T> {
    /// Makes the heap type for this interpreter.
    pub fn build<'py>(py: Attached<'py>, module: &Object<'py>) -> Result<'py, Self> {
        let offset = |name: &'static CStr, at: usize| ffi::PyMemberDef {
            name: name.as_ptr(),
            type_code: ffi::Py_T_PYSSIZET,
            offset: at as ffi::Py_ssize_t,
            flags: ffi::Py_READONLY,
            doc: ptr::null(),
        };
        let mut members = vec![offset(c"__weaklistoffset__", offset_of!(Instance<T>, weak_references))];
        if T::KIND == Kind::WithAttributes {
            members.push(offset(c"__dictoffset__", offset_of!(Instance<T>, dict)));
        }
        members.push(ffi::PyMemberDef::default());

        let slot = |slot: c_int, pointer: *mut c_void| ffi::PyType_Slot { slot, pfunc: pointer };
        let mut slots = vec![
            slot(ffi::Py_tp_doc, T::DOC.as_ptr().cast_mut().cast()),
            slot(ffi::Py_tp_methods, T::METHODS.as_ptr().cast_mut().cast()),
            slot(ffi::Py_tp_getset, T::PROPERTIES.as_ptr().cast_mut().cast()),
            slot(ffi::Py_tp_members, members.as_mut_ptr().cast()),
            slot(ffi::Py_tp_dealloc, trampoline::dealloc::<T> as *mut c_void),
        ];
        slots.extend(T::SLOTS.iter().filter(|row| row.0.slot != 0).map(|row| slot(row.0.slot, row.0.pfunc)));
        let mut flags = ffi::Py_TPFLAGS_DEFAULT;
        match T::KIND {
            Kind::Closed => flags |= ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION,
            Kind::Holding | Kind::WithAttributes => {
                flags |= ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION | ffi::Py_TPFLAGS_HAVE_GC;
                slots.push(slot(ffi::Py_tp_traverse, trampoline::traverse::<T> as *mut c_void));
                slots.push(slot(ffi::Py_tp_clear, trampoline::clear::<T> as *mut c_void));
            }
            Kind::Open => {
                flags |= ffi::Py_TPFLAGS_BASETYPE;
                slots.push(slot(ffi::Py_tp_new, trampoline::new::<T> as *mut c_void));
            }
        }
        slots.push(slot(0, ptr::null_mut()));
        let mut spec = ffi::PyType_Spec {
            name: T::NAME.as_ptr(),
            basicsize: size_of::<Instance<T>>() as c_int,
            itemsize: 0,
            flags: flags as _,
            slots: slots.as_mut_ptr(),
        };
        // SAFETY: CPython copies the members, name and doc string; the method and property
        // tables are static and end with an empty row; each function has its slot's type.
        let class = unsafe {
            Object::owned(py, ffi::PyType_FromModuleAndSpec(module.as_raw(), &mut spec, ptr::null_mut()))?
        };
        // `<class 'mp_table'>` in messages: CPython prints the name as the spec has it, and
        // a spec without a module draws a DeprecationWarning.
        let name = T::NAME.to_bytes().rsplit(|&byte| byte == b'.').next().unwrap_or_default();
        class.setattr(py, c"__name__", &to_str(py, Codec::Utf8, name)?)?;
        Ok(ClassObject { object: class.store(py), payload: std::marker::PhantomData })
    }

    /// A new instance around `value`.
    pub fn instance<'py>(&self, py: Attached<'py>, value: T) -> Result<'py, Object<'py>> {
        // SAFETY: the class was made by `build` for T, and `get` checks the interpreter.
        unsafe { Instance::alloc(py, self.object.get(py).as_raw().cast(), value) }
    }

    /// The same, in the memory of a spare instance if the interpreter keeps one.
    pub fn renewed<'py>(&self, py: Attached<'py>, value: T) -> Result<'py, Object<'py>> {
        let Some(spare) = py.interpreter().take_spare() else {
            return self.instance(py, value);
        };
        let class: *mut ffi::PyTypeObject = self.object.get(py).as_raw().cast();
        // SAFETY: a live object has a live type.
        if unsafe { ffi::Py_TYPE(spare.as_raw()) } != class || !is_bare::<T>(&spare) {
            return self.instance(py, value);
        }
        let object = spare.into_object(py);
        // SAFETY: an instance of exactly T's class, and this is the only reference to it, so
        // nothing else refers to its payload.
        let before = unsafe {
            let instance = object.as_raw().cast::<Instance<T>>();
            std::mem::replace(&mut *(*instance).value, value)
        };
        drop(before);
        Ok(object)
    }

    /// The payload, if the object is an instance of this class or a subclass.
    pub fn payload<'a, 'py>(&self, py: Attached<'py>, object: &'a Object<'py>) -> Option<This<'a, 'py, T>> {
        // SAFETY: a type check against T's class, after which the memory is an Instance<T>.
        unsafe {
            let class = self.object.get(py).as_raw().cast();
            if ffi::PyObject_TypeCheck(object.as_raw(), class) == 0 {
                return None;
            }
            let instance = &*object.as_raw().cast::<Instance<T>>();
            Some(This::new(py, object, instance.value()))
        }
    }

    pub fn as_stored(&self) -> &Stored {
        &self.object
    }
}
