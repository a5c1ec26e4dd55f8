//! A virtual Java Card for any PC/SC reader.
