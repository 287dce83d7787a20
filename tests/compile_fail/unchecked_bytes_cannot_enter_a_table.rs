// expect: E0308
use crate::httpd::table::Table;

pub fn case(table: Table<'_>) {
    table.set(b"X-Name", b"value\r\nX-Other: injected");
}
