//! The API server: authentication, authorisation, admission, every verb over every registry row, HTTP.
